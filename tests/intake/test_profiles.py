"""A profile finds its fields under any of their names, and a user's own is checked word by word."""

from __future__ import annotations

from pathlib import Path

import pytest

from tilth.core import BadInput
from tilth.intake import profile
from tilth.intake.profiles import profile_from

MAP = """
name = "okayama"
code_system = "okayama-land"
class_required = true
[fields]
parcel_id = "LotID"
class_code = ["ClassOfLand", "Class"]
area = "AreaOnRegistry"
[units]
area = "m2"
[defaults]
region_name = "Okayama"
"""


@pytest.mark.parametrize(
    ("field", "column"),
    [
        ("DLBM", "class_code"), ("dlbm", "class_code"), (" DLBM ", "class_code"), ("地类编码", "class_code"),
        ("TKXS", "ridge_coef"), ("KCXS", "ridge_coef"), ("TKMJ", "stated_deduct"), ("GDPDJ", "slope_grade"),
        ("GDZZSXDM", "planting"), ("XXTBKD", "linear_width_m"), ("座落单位代码", "location_code"),
        ("坐落单位代", "location_code"), ("坐落单位名", "region_name"), ("扣除地类系", "ridge_coef"),
        ("XZDWMJ", "linear_deduct"), ("ＤＬＢＭ", "class_code"),
    ],
)  # fmt: skip
def test_a_survey_field_is_found_under_any_of_its_names(field: str, column: str) -> None:
    assert profile("dltb").match([field]).columns == {column: field}


def test_names_cut_to_ten_letters_are_found_only_where_they_are_clear() -> None:
    own = profile_from(MAP, "MAP.toml")
    assert own.match(["ClassOfLan", "AreaOnRegi"]).columns == {"class_code": "ClassOfLan", "area": "AreaOnRegi"}
    two = profile_from('name="a"\n[fields]\nclass_code="LandUseClassCode"\nclass_name="LandUseClassName"', "m")
    assert two.match(["LandUseCla"]).columns == {}


def test_of_two_fields_the_preferred_one_is_used_and_the_other_kept() -> None:
    matched = profile("dltb").match(["TKXS", "KCXS", "XB"])
    assert matched.columns == {"ridge_coef": "KCXS"} and set(matched.rest) == {"TKXS", "XB"}
    assert "KCXS and TKXS" in matched.findings("f")[0].said


def test_a_user_s_own_map_is_read(tmp_path: Path) -> None:
    (tmp_path / "MAP.toml").write_text(MAP, encoding="utf-8")
    own = profile(tmp_path / "MAP.toml")
    assert own.class_required and own.code_system == "okayama-land" and own.defaults == {"region_name": "Okayama"}
    assert own.unit("area", "AreaOnRegistry") == "m2"
    assert (profile("fiboa").unit("area", "area"), profile("fiboa").unit("area", "metrics:area")) == ("ha", "m2")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (MAP.replace("class_required", "klass"), "unknown key 'klass'"),
        (MAP.replace("parcel_id", "parcel"), "fields.parcel is not a column"),
        (MAP.replace("region_name =", "villagename ="), "defaults.villagename is not a column"),
        (MAP.replace('"m2"', '"rood"'), "units.area cannot be 'rood'"),
        (MAP.replace('[units]\narea', "[units]\nsize"), "units.size is not a column"),
        (MAP.replace('"LotID"', "7"), "fields.parcel_id cannot be 7"),
        (MAP.replace('"LotID"', "[]"), "fields.parcel_id cannot be"),
        (MAP.replace('class_required = true', 'class_required = "yes"'), "class_required cannot be 'yes'"),
        (MAP.replace('class_required = true', 'area_check = "guess"'), "area_check cannot be 'guess'"),
        (MAP.replace('name = "okayama"', ""), "lacks 'name'"),
        ('name = "x"', "lacks 'fields'"),
        ("name = ", "not valid TOML"),
    ],
)  # fmt: skip
def test_a_map_with_a_fault_names_the_key(text: str, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        profile_from(text, "MAP.toml")


def test_a_profile_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="dltb, fiboa"):
        profile("tltb")
    with pytest.raises(BadInput, match="cannot be read"):
        profile(tmp_path / "none.toml")
    (tmp_path / "gbk.toml").write_bytes("name = '县'".encode("gbk"))
    with pytest.raises(BadInput, match="UTF-8"):
        profile(tmp_path / "gbk.toml")
