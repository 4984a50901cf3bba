"""The shop, as a test has it."""

from tests.kit.shop import _begun_shop, shop

__all__ = ["_begun_shop", "shop"]
