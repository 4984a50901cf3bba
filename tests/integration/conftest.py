"""The shop, and one that is begun as a test has it."""

from tests.kit.shop import _begun_shop, begun, shop

__all__ = ["_begun_shop", "begun", "shop"]
