"""The project of the tests of workspaces."""

from tests.workspaces.conftest import _begun, shop

__all__ = ["_begun", "shop"]
