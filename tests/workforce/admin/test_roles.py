"""Roles as a table."""

import pytest

from tests.cast import Cast
from tests.workforce.admin.conftest import Enter
from workforce import roles

pytestmark = pytest.mark.django_db


def test_the_table_of_roles_is_the_one_that_decides(cast: Cast, enter: Enter) -> None:
    answer = enter("max").get("/admin/roles/")
    lines = dict(answer.context["lines"])
    assert set(lines) == set(roles.Permission)
    shown_roles = [role for role in roles.Role if role != roles.Role.NO_ACCESS]
    for permission, cells in lines.items():
        for role, cell in zip(shown_roles, cells, strict=True):
            assert (cell is not None) == (permission in roles.ROLE_PERMISSIONS[role])
    shown = dict(zip(shown_roles, lines[roles.Permission.MANAGE_PEOPLE], strict=True))
    assert shown[roles.Role.VENDOR_MANAGER] == ("vendor", "the own vendor's people")
    assert "the own vendor" in answer.content.decode()
    assert enter("lena").get("/admin/roles/").status_code == 403
