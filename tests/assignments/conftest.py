"""The project of the tests of workspaces."""

from tests.kit.shop import _begun_shop, shop

__all__ = ["_begun_shop", "shop"]
