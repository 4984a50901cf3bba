"""The project of the tests of workspaces."""

from tests.kit.shop import _begun, shop

__all__ = ["_begun", "shop"]
