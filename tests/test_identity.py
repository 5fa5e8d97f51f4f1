"""Who is one person?  Each guard on a few rows worked by hand, and an invented population whose pairs are known."""

import duckdb
import pandas as pd
import pytest

from cx_helpers import spreadsheet
from cx_helpers.intake import candidates, identity, likeness, linking, namesakes, people, registry, review
from tools.population import RECIPES, build


@pytest.fixture(scope="module")
def ask():
    """ask(sql, *values) -> the one value that a SQL expression gives."""
    con = duckdb.connect()
    people.prepare(con)
    yield lambda sql, *values: con.execute(f"SELECT {sql}", list(values)).fetchall()[0][0]
    con.close()


def linked(folder, *rows, **more):
    """Link rows (dicts of the persons schema); returns {customer_id: person's id}."""
    frame = pd.DataFrame(list(rows), columns=people.COLUMNS, dtype="string")
    with duckdb.connect() as con:
        con.register("given", frame)
        identity.link_customers(con, "given", folder, **more)
    links = pd.read_parquet(identity.place(folder))
    return dict(zip(links["customer_id"], links["person_id"], strict=True))


def row(customer_id, name="", **keys_):
    first, _, last = name.partition(" ")
    return {"customer_id": customer_id, "source": customer_id.split(":")[0], "first_name": first or None,
            "last_name": last or None, **keys_}  # fmt: skip


def together(folder, *rows):
    """Are these rows all one person?"""
    return len(set(linked(folder, *rows).values())) == 1


# --- one writing for each key


@pytest.mark.parametrize(
    "written",
    ["09127354681", "+989127354681", "00989127354681", "989127354681", "9127354681", "۰۹۱۲۷۳۵۴۶۸۱", "٠٩١٢٧٣٥٤٦٨١",
     "0912 735 46 81", "0912-735-4681", "(0912) 7354681", "+98 (0) 912 735 4681", "9127354681.0", " 09127354681 "],
)  # fmt: skip
def test_a_mobile_has_one_writing(ask, written):
    assert ask("cx_phones(?)", written) == ["09127354681"]


@pytest.mark.parametrize(
    ("written", "phones"),
    [
        ("021-88776655", ["02188776655"]),
        ("+98 21 8877 6655", ["02188776655"]),
        ("09127354681 / 02188776655", ["02188776655", "09127354681"]),
        ("09127354681-09359876544", ["09127354681", "09359876544"]),
        ("02188776655 داخلی 12", ["02188776655"]),
        ("+44 20 7946 0018", ["+442079460018"]),
        ("8877 6655", []),  # which city?
        *((dummy, []) for dummy in ("09000000000", "09123456789", "09111111111", "0", "-", "ندارد", "12345")),
    ],
)
def test_landlines_several_numbers_and_what_is_no_number(ask, written, phones):
    assert ask("cx_phones(?)", written) == phones


@pytest.mark.parametrize(
    ("written", "mails"),
    [
        (" Ali.Rezaei+shop@GMAIL.com", ["alirezaei@gmail.com"]),
        ("ali.rezaei@yahoo.com", ["ali.rezaei@yahoo.com"]),  # a dot counts at all others
        ("ali @ gmial . com", ["ali@gmail.com"]),
        ("ali65@yahoo.con; zahra@mail.ir", ["ali65@yahoo.com", "zahra@mail.ir"]),
        *((dummy, []) for dummy in ("info@shop.ir", "test@test.com", "a@a.com", "noreply@x.ir", "no mail", "+98@x")),
    ],
)
def test_e_mails(ask, written, mails):
    assert ask("cx_mails(?)", written) == mails


@pytest.mark.parametrize(
    ("written", "nid"),
    [("0499370899", "0499370899"), ("499370899", "0499370899"), ("۰۴۹۹۳۷۰۸۹۹", "0499370899"), 
     ("499370899.0", "0499370899"),
     ("0499370898", None), ("1111111111", None), ("0000000000", None), ("0123456789", None), ("1234567", None)],
)  # fmt: skip
def test_a_national_id_counts_with_its_check_digit_only(ask, written, nid):
    assert ask("cx_nid(?)", written) == nid


def test_cards_by_luhn_and_sheba_by_iso_7064(ask):
    assert ask("cx_card('4111-1111 1111 1111')") == "4111111111111111"
    assert ask("cx_card('4111111111111112')") is None
    assert ask("cx_card('ir06 2960 0000 0010 0324 2000 01')") == "IR062960000000100324200001"
    assert ask("cx_card('IR072960000000100324200001')") is None


@pytest.mark.parametrize(
    "written",
    [
        "1365/04/12",
        "۱۳۶۵/۴/۱۲",
        "13650412",
        "65/4/12",
        "12/04/1365",
        "12 تیر 1365",
        "1986-07-03",
        "03/07/1986",
        "3 July 1986",
    ],
)
def test_a_birth_date_in_either_calendar(ask, written):
    assert str(ask("cx_birth(?)", written))[:10] == "1986-07-03"


def test_days_turn_into_jalali_ones_as_jdatetime_has_them(ask):
    import jdatetime

    days = pd.date_range("1900-01-01", "2060-01-01", freq="97D")
    ours = [ask("cx_as_jalali(?::DATE)", str(day.date())) for day in days]
    assert ours == [jdatetime.date.fromgregorian(date=day.date()).strftime("%Y%m%d") for day in days]


# --- names


@pytest.mark.parametrize(
    "written",
    ["محمدرضا", "محمد رضا", "محمد‌رضا", "آقای محمد رضا", "سيد محمدرضا", "سیدمحمدرضا", "مهندس محمّدرضا", "Mohammad Reza",
     "Mohamadreza",
     "Muhammad-Reza", "Mr. Mohammad Reza"],
)  # fmt: skip
def test_a_compound_name_sounds_alike_however_it_is_written(ask, written):
    assert ask("list_contains(cx_sounds(cx_unglued(cx_given(?))), 'mhmdrz')", written)


@pytest.mark.parametrize(
    "spellings",
    ["حسین Hossein Hosein Hussein Husain Hoseyn", "فاطمه Fatemeh Fateme Fatima", 
     "قربانی Ghorbani Qorbani", "رضایی رضائی Rezaei Rezaee Rezai",
     "نژاد Nejad Nezhad", "مصطفی Mostafa Mustafa", "خسروی Khosravi", "ویدا Vida", 
     "بهروز Behrouz Behrooz Behroz", "مونا Mona",
     "عبدالله عبداله Abdollah Abdullah", "طاهری تاهری Taheri", "یوسف Yousef Yousof", "حسن‌نژاد Hassannejad Hasannejad",
     "یوسف‌فر Youseffar", "شجاعی Shojaei Shojaee", "جلال Jalal", "رضازاده Rezazadeh",
     "عیسی‌زاده Isazadeh", "موسی‌پور Mousapour", "کسری Kasra", "زارع Zare", "صالح Saleh", "رها Raha", "فرح Farah",
     "سیروس Cyrus Sirous", "اسحاق Eshagh Ishaq", "مائده Maedeh", "رضا Reza Riza", "معصومه Masoumeh Masoumah"],
)  # fmt: skip
def test_spellings_of_one_name_meet(ask, spellings):
    first, *others = spellings.split()
    for other in others:
        assert ask("list_has_any(cx_sounds(cx_given(?)), cx_sounds(cx_given(?)))", first, other), (first, other)


@pytest.mark.parametrize(
    "pair", ["محمد محمود", "حسن حسین", "حامد حمید", "طاهر طاهره", "حمید حمیده", "Hamid حمیده", "احمد احمدی",
             "صالح صالحه", "رها رعنا", "Raha رعنا"]
)  # fmt: skip
def test_names_that_are_two_stay_two(ask, pair):
    assert not ask("list_has_any(cx_sounds(cx_given(?)), cx_sounds(cx_given(?)))", *pair.split())


@pytest.mark.parametrize(("name", "slip"), [("مریم", "مرم"), ("کاظمی", "کاظیم"), ("راد", "ماد"), ("نوری", "نورری")])
def test_slips_are_counted_in_letters_not_in_bytes(ask, name, slip):
    assert ask("damerau_levenshtein(cx_code(?), cx_code(?))", name, slip) == 1


@pytest.mark.parametrize("nobody", ["کاربر مهمان", "test", "بدون نام", "-", "123", "N/A", "مشتری گرامی"])
def test_what_is_no_name_is_null(ask, nobody):
    assert ask("cx_given(?)", nobody) is None


# --- guards


NID, OTHER_NID = "0499370899", "0084575948"
PHONE, MAIL = "09127354681", "maryam.r65@mail.ir"


def test_one_person_in_two_scripts_is_found_by_a_phone(tmp_path):
    assert together(
        tmp_path, row("crm:1", "مریم رضاییان", mobile=PHONE), row("shop:1", "Maryam Rezaeian", phone="+98 912 735 4681")
    )


def test_conflicting_national_ids_never_merge(tmp_path):
    a = row("crm:1", "مریم رضاییان", mobile=PHONE, email=MAIL, national_id=NID)
    b = row("shop:1", "مریم رضاییان", mobile=PHONE, email=MAIL, national_id=OTHER_NID)
    assert not together(tmp_path, a, b)


def test_nor_do_they_through_a_third_record(tmp_path):
    rows = [row("crm:1", "مریم رضاییان", mobile=PHONE, national_id=NID),
            row("shop:1", "مریم رضاییان", email=MAIL, national_id=OTHER_NID),
            row("desk:1", "مریم رضاییان", mobile=PHONE, email=MAIL)]  # fmt: skip
    people_ = linked(tmp_path, *rows)
    assert people_["crm:1"] != people_["shop:1"]


def test_a_family_that_shares_a_phone_a_home_and_a_card_stays_a_family(tmp_path):
    home = {
        "mobile": PHONE,
        "phone": "02188776655",
        "city": "تهران",
        "address": "خیابان بهار کوچه نرگس پلاک ۷",
        "card": "4111111111111111",
    }
    names_ = ["علی کاظمی", "حسن کاظمی", "حسین کاظمی", "زهرا کاظمی", "مریم رضایی"]
    found = linked(tmp_path, *(row(f"crm:{i}", name, **home) for i, name in enumerate(names_)))
    assert len(set(found.values())) == 5


def test_twins_differ_in_their_first_names(tmp_path):
    both = {"birth_date": "1380/05/05", "mobile": PHONE, "city": "قم"}
    assert not together(tmp_path, row("crm:1", "سارا نوری", **both), row("crm:2", "سحر نوری", **both))


def test_a_nameless_record_follows_a_phone_to_its_one_owner(tmp_path):
    assert together(tmp_path, row("crm:1", "علی کاظمی", mobile=PHONE), row("desk:1", mobile=PHONE))


@pytest.mark.parametrize(
    ("written", "one_person"),
    [("ع. کاظمی", True), ("A. Kazemi", True), ("علی ک.", True), ("ز. کاظمی", False), ("Z. Kazemi", False)],
)
def test_an_initial_is_no_other_name_unless_it_is_another_letter(tmp_path, written, one_person):
    a, b = row("crm:1", "علی کاظمی", mobile=PHONE), row("shop:1", "علی کاظمی", mobile=PHONE, email=MAIL)
    found = linked(tmp_path, a, b, row("desk:1", written, mobile=PHONE))
    assert found["crm:1"] == found["shop:1"]
    assert (found["desk:1"] == found["crm:1"]) == one_person


@pytest.mark.parametrize(
    "pair", ["شیما S", "خسرو K", "قاسم G", "هاله H", "حسن H", "یوسف Y", "ایمان I", "وحید V", "هاله ه"]
)
def test_an_initial_begins_a_name_in_either_script(ask, pair):
    name, initial = pair.split()
    sounds = "cx_begins(cx_sound(cx_plain(?)))"
    assert ask(f"{sounds} = {sounds}", name, initial), pair


def test_but_not_where_two_people_have_it(tmp_path):
    found = linked(
        tmp_path,
        row("crm:1", "علی کاظمی", mobile=PHONE),
        row("crm:2", "زهرا کاظمی", mobile=PHONE),
        row("desk:1", mobile=PHONE),
    )
    assert len(set(found.values())) == 3


def test_an_offices_phone_is_nobodys(tmp_path):
    names_ = ["علی کاظمی", "مریم نوری", "حسن صادقی", "زهرا اکبری", "رضا مرادی", "سارا یزدانی", "نادر فلاحی"]
    staff = [row(f"crm:{i}", name, mobile=PHONE) for i, name in enumerate(names_)]
    found = linked(tmp_path, *staff, row("desk:1", mobile=PHONE), row("desk:2", mobile=PHONE))
    assert len(set(found.values())) == 9


def test_nor_do_two_colleagues_of_one_name_become_one_by_their_offices_phone(tmp_path):
    names_ = ["علی کاظمی", "مریم نوری", "حسن صادقی", "زهرا اکبری", "رضا مرادی", "سارا یزدانی", "نادر فلاحی"]
    found = linked(tmp_path, *(row(f"crm:{i}", name, mobile=PHONE) for i, name in enumerate([*names_, names_[0]])))
    assert len(set(found.values())) == 8


def test_nor_does_a_nameless_record_follow_a_familys_phone_where_most_phones_have_one_owner(tmp_path):
    names_ = ["مریم نوری", "حسن صادقی", "زهرا اکبری", "رضا مرادی", "سارا یزدانی", "نادر فلاحی"]
    own = [row(f"{system}:{i}", name, mobile=f"0935198765{i}") for i, name in enumerate(names_) for system in "ab"]
    family = [row("crm:1", "علی کاظمی", mobile=PHONE), row("crm:2", "زهرا کاظمی", mobile=PHONE)]
    nobody = [row("desk:1", mobile=PHONE), row("desk:2", mobile="09351987650")]
    found = linked(tmp_path, *own, *family, *nobody)
    assert found["desk:2"] == found["a:0"]
    assert found["desk:1"] == "desk:1"


def test_brothers_are_not_tied_by_a_name_that_holds_both(tmp_path):
    both = {"birth_date": "1380/05/05", "mobile": PHONE, "city": "قم"}
    names_ = {"crm:1": "محمد کاظمی", "crm:2": "رضا کاظمی", "shop:1": "محمدرضا کاظمی"}
    found = linked(tmp_path, *(row(i, name, **both) for i, name in names_.items()))
    assert found["crm:1"] != found["crm:2"]
    assert found["shop:1"] in (found["crm:1"], found["crm:2"])


def test_a_grandson_of_his_grandfathers_name_at_his_home_is_another(tmp_path):
    home = {"phone": "02188776655", "city": "تهران", "address": "خیابان بهار کوچه نرگس پلاک ۷"}
    a = row("crm:1", "محمد محمدی", birth_date="1320/01/02", **home)
    assert not together(tmp_path, a, row("shop:1", "محمد محمدی", birth_date="1385/08/09", **home))


@pytest.mark.parametrize(
    ("one", "other"),
    [("1345/03/04", "1380/07/09"), ("1345/03/04", "1360/07/09"), ("1966-05-25", "1380/07/09"), ("1345", "1380"),
     ("1345", "1380/07/09"), ("1345", "1385"), ("1350/01/01", "1380/01/01"), ("1971-01-01", "2001-01-01")],
)  # fmt: skip
@pytest.mark.parametrize("more", [{}, {"email": MAIL}])
def test_father_and_son_of_one_name_with_one_phone_are_two_until_somebody_says_otherwise(tmp_path, one, other, more):
    both = {"mobile": PHONE, "updated_at": "2024-05-05", **more}
    father, son = (row(i, "رضا کاظمی", birth_date=b, **both) for i, b in (("crm:1", one), ("shop:1", other)))
    assert not together(tmp_path, father, son)
    asked = spreadsheet.read(tmp_path / "state" / "review.csv")
    assert [row["answer"] for row in asked] == [""]
    spreadsheet.write(tmp_path / "state" / "review.csv", pd.DataFrame(asked).assign(answer="same"))
    assert together(tmp_path, father, son)


def test_a_slip_in_a_birth_date_is_none_where_national_ids_differ(tmp_path):
    both = {"mobile": PHONE, "updated_at": "2024-05-05"}
    one, other = (
        row(i, "رضا کاظمی", birth_date=b, **both) for i, b in (("crm:1", "1350/03/04"), ("b:1", "1380/03/04"))
    )
    assert together(tmp_path, one, other)
    ids = {"crm:1": "2765430182", "b:1": "0084575945"}  # both have a wrong check digit
    one, other = (each | {"national_id": ids[each["customer_id"]]} for each in (one, other))
    assert not together(tmp_path / "ids", one, other)


@pytest.mark.parametrize("nobody", [{}, {"birth_date": "1300/01/01"}])
def test_nor_do_father_and_son_become_one_through_a_record_without_a_birth_date(tmp_path, nobody):
    born = {"crm:1": {"birth_date": "1345/03/04"}, "desk:1": nobody, "shop:1": {"birth_date": "1380/07/09"}}
    found = linked(tmp_path, *(row(i, "رضا کاظمی", mobile=PHONE, **b) for i, b in born.items()))
    assert found["crm:1"] != found["shop:1"]


def generations(*third, father=None, son=None):
    """Father and son of one name and phone, and a third record of both without a birth date."""
    both = {"name": "رضا کاظمی", "mobile": PHONE}
    rows = {
        "crm:1": {"birth_date": "1345/03/04"} | (father or {}),
        "shop:1": {"birth_date": "1380/07/09"} | (son or {}),
    }
    return [row(i, **both, **more) for i, more in (rows | dict(third)).items()]


@pytest.mark.parametrize("nobody", [{}, {"birth_date": "1300/01/01"}])
def test_a_record_that_may_be_fathers_or_sons_is_neithers_until_somebody_says_whose(tmp_path, nobody):
    rows = generations(("desk:1", nobody), ("desk:2", nobody))
    found = linked(tmp_path, *rows)
    assert found["desk:1"] == found["desk:2"]
    assert len({found[c] for c in ("crm:1", "shop:1", "desk:1")}) == 3
    asked = pd.DataFrame(spreadsheet.read(tmp_path / "state" / "review.csv"))
    assert len(asked) == 2  # as few as tie the three
    answers = pd.DataFrame([{"answer": "same", "customer_a": "shop:1", "customer_b": "desk:1"}])
    spreadsheet.write(tmp_path / "state" / "review.csv", answers)
    found = linked(tmp_path, *rows, row("new:1", "رضا کاظمی", mobile=PHONE, birth_date="1380/07/09"))
    assert found["desk:1"] == found["desk:2"] == found["shop:1"] == found["new:1"] != found["crm:1"]


def test_who_is_not_the_father_is_the_son(tmp_path):
    rows = generations(("desk:1", {}))
    linked(tmp_path, *rows)
    answers = pd.DataFrame([{"answer": "different", "customer_a": "crm:1", "customer_b": "desk:1"}])
    spreadsheet.write(tmp_path / "state" / "review.csv", answers)
    found = linked(tmp_path, *rows)
    assert found["desk:1"] == found["shop:1"] != found["crm:1"]


@pytest.mark.parametrize(
    "own",
    [{"email": MAIL}, {"national_id": NID}, {"card": "6037991899754323"}, {"city": "شیراز"}, {"birth_date": "1380"},
     {"city": "تهران", "address": "خیابان آزادی کوچه بهار پلاک 12"}],
    ids=lambda own: "+".join(own),
)  # fmt: skip
def test_but_what_is_one_of_the_twos_alone_tells_whose_it_is(tmp_path, own):
    other = {"city": "تبریز"} if "city" in own else {}
    son = {c: v for c, v in own.items() if c != "birth_date"}
    found = linked(tmp_path, *generations(("desk:1", own), father=other, son=son))
    assert found["desk:1"] == found["shop:1"] != found["crm:1"]
    # … and where it is both's, it does not
    found = linked(tmp_path / "both", *generations(("desk:1", son), father=son, son=son))
    assert "national_id" in own or len(set(found.values())) == 3


def test_nor_does_such_a_record_follow_another_that_is_known_to_be_the_sons(tmp_path):
    found = linked(tmp_path, *generations(("desk:1", {}), ("desk:2", {"email": MAIL}), son={"email": MAIL}))
    assert found["desk:2"] == found["shop:1"]
    assert len({found[c] for c in ("crm:1", "shop:1", "desk:1")}) == 3


@pytest.mark.parametrize(
    "other",
    ["1356/07/09", "1385/03/04", "1345/04/03", "1300/01/01", "1400/01/01", "1900-01-01", "1970-01-01", "2024-05-05",
     "2024-05-04", "2031-01-01", "66/05/25", "0724-03-04", "2587-05-25", "1900", "1300"],
    ids=["less than half a generation", "a digit", "day and month", "a form's", "a form's", "a spreadsheet's",
         "a clock's", "that day", "that day in Utc", "not born", "another century", "621 years less", "621 years more",
         "no year", "no year"],
)  # fmt: skip
def test_a_birth_date_that_nobody_has_or_a_slip_makes_no_second_person(tmp_path, other):
    both = {"mobile": PHONE, "updated_at": "2024-05-05"}
    one = row("crm:1", "رضا کاظمی", birth_date="1345/03/04", **both)
    assert together(tmp_path, one, row("shop:1", "رضا کاظمی", birth_date=other, **both))


def test_nor_does_a_date_that_many_names_have_nor_one_beside_a_national_id(tmp_path):
    names_ = ["علی نوری", "مریم نوری", "حسن صادقی", "زهرا اکبری", "رضا مرادی", "سارا یزدانی"]
    many = [row(f"crm:{i}", name, birth_date="1381/01/01") for i, name in enumerate(names_)]
    one, filled = (row(i, "رضا کاظمی", mobile=PHONE, birth_date=b)
                   for i, b in (("desk:1", "1345/03/04"), ("shop:1", "1381/01/01")))  # fmt: skip
    found = linked(tmp_path / "many", *many, one, filled)
    assert found["desk:1"] == found["shop:1"]
    found = linked(tmp_path / "few", *many[:4], one, filled)
    assert found["desk:1"] != found["shop:1"]
    assert together(tmp_path / "id", one | {"national_id": NID}, filled | {"national_id": NID})


def test_placeholders_tie_nobody(tmp_path):
    dummy = {"mobile": "09123456789", "email": "test@test.com", "national_id": "1111111111", "birth_date": "1300/01/01"}
    assert not together(tmp_path, row("crm:1", **dummy), row("crm:2", **dummy))


def test_two_people_of_one_common_name_are_two(tmp_path):
    a = row("crm:1", "محمد محمدی", mobile=PHONE, birth_date="1350/01/02", city="قم")
    b = row("shop:1", "محمد محمدی", mobile="09359876544", birth_date="1370/08/09", city="قم")
    assert not together(tmp_path, a, b)


@pytest.mark.parametrize(
    ("one", "other"),
    [({}, {}), ({"mobile": PHONE}, {"mobile": "09359876544"}), ({"city": "قم"}, {"city": "قم"}), 
     ({"email": MAIL}, {"mobile": PHONE}), ({"mobile": "09000000000"}, {"mobile": "09000000000"}),
     ({"national_id": "1111111111"}, {"national_id": "1111111111"}),
     ({"email": "test@test.com"}, {"email": "test@test.com"})],
)  # fmt: skip
def test_a_name_alone_links_nobody_and_is_asked_instead(tmp_path, one, other):
    assert not together(tmp_path, row("crm:1", "نیکان فرهمندپور", **one), row("shop:1", "نیکان فرهمندپور", **other))
    assert len(spreadsheet.read(tmp_path / "state" / "review.csv")) == 1


@pytest.mark.parametrize(
    ("one", "other", "one_person"),
    [("1365", "1365", True), ("1365", "1365/11/20", True), ("1987", "1365/11/20", True), ("1365", "1366", False),
     ("1365", "1340", False)],
)  # fmt: skip
def test_a_birth_year_counts_in_either_calendar_and_one_beside_it_proves_nothing(tmp_path, one, other, one_person):
    a = row("crm:1", "نیکان فرهمندپور", birth_date=one, city="قم")
    assert together(tmp_path, a, row("shop:1", "نیکان فرهمندپور", birth_date=other, city="قم")) == one_person


@pytest.mark.parametrize(
    ("weight", "phone", "one_person"), [(2.9, "different", False), (3.0, "different", True), (2.9, None, True)]
)
def test_a_birth_year_beside_two_phones_is_evidence_only_where_the_name_is_rare(weight, phone, one_person):
    told = dict.fromkeys(comparison.name for comparison in likeness.COMPARISONS)
    told |= {"first": "same", "last": "same", "year": "same", "place": "city", "mobile": phone}
    values = {"weight": weight, "nid_l": None, "nid_r": None, "first_n_l": 40, "first_n_r": 40,
              "first_sound_l": "nikn", "first_sound_r": "nikn", "generation": False, **told}  # fmt: skip
    columns = ", ".join(f"{'NULL' if v is None else repr(v)} AS {c}" for c, v in values.items())
    with duckdb.connect() as con:
        people.prepare(con)
        asked = f"SELECT {linking._linkable(namesakes.USUAL + 9)} FROM (SELECT {columns})"
        assert bool(con.execute(asked).fetchall()[0][0]) == one_person


def test_a_first_name_only_roughly_alike_is_a_slip_where_phone_and_surname_agree(tmp_path):
    a, b = row("crm:1", "فرزانه فرهمندپور", mobile=PHONE), row("shop:1", "فرزتنع فرهمندپور", mobile=PHONE)
    assert together(tmp_path / "slip", a, b)
    assert not together(tmp_path / "other", a, row("shop:1", "شیرین فرهمندپور", mobile=PHONE))


def test_half_a_compound_name_needs_phone_and_mailbox_since_brothers_share_a_phone(tmp_path):
    a = row("crm:1", "محمدرضا فرهمندپور", mobile=PHONE, email=MAIL)
    assert not together(tmp_path / "phone", a, row("shop:1", "محمد فرهمندپور", mobile=PHONE))
    assert together(tmp_path / "both", a, row("shop:1", "محمد فرهمندپور", mobile=PHONE, email=MAIL))


def test_the_rows_of_one_account_are_one_record_with_all_its_phones(tmp_path):
    old = row("crm:1", "مریم رضاییان", mobile=PHONE, updated_at="2020-01-01")
    new = row("crm:1", "مریم رضاییان", mobile="09359876544", updated_at="2024-01-01")
    assert together(
        tmp_path,
        old,
        new,
        row("shop:1", "مریم رضاییان", mobile=PHONE),
        row("desk:1", "مریم رضاییان", phone="09359876544"),
    )


def test_full_names_are_split_and_swapped_ones_turned(tmp_path):
    known = [row(f"crm:{i}", f"{first} {last}") for i in range(6)
             for first, last in (("مریم", "رضاییان"), ("علی", "کاظمی"))]  # fmt: skip
    known = [r | {"customer_id": f"crm:{n}"} for n, r in enumerate(known)]
    swapped = row("old:1", "رضاییان مریم", mobile=PHONE)
    full = {"customer_id": "desk:1", "source": "desk", "full_name": "مریم رضاییان", "mobile": PHONE}
    found = linked(tmp_path, *known, swapped, full)
    assert found["old:1"] == found["desk:1"]


def test_a_name_that_two_systems_cut_in_two_elsewhere_is_one(tmp_path):
    a, b = row("crm:1", "محمد رضا کمالیان", mobile=PHONE), row("shop:1", "محمدرضا کمالیان", mobile=PHONE)
    assert together(tmp_path, a, b)
    assert set(identity.explain(tmp_path, "crm:1").loc[1, "level"]) == {"recut", "same"}


# --- edges


def test_no_rows_one_row_and_rows_of_nothing(tmp_path):
    assert linked(tmp_path / "none") == {} if identity.place(tmp_path / "none").exists() else True
    assert linked(tmp_path / "one", row("crm:1", "علی کاظمی", mobile=PHONE)) == {"crm:1": "crm:1"}
    empty = [{"customer_id": f"crm:{i}", "source": "crm"} for i in range(3)]
    assert len(set(linked(tmp_path / "null", *empty).values())) == 3


def test_columns_that_are_missing_are_null(tmp_path):
    with duckdb.connect() as con:
        con.register(
            "given", pd.DataFrame({"customer_id": ["a:1", "b:1"], "email": [MAIL, MAIL.upper()]}, dtype="string")
        )
        assert identity.link_customers(con, "given", tmp_path).people == 1


# --- ids


def test_an_id_is_the_first_records_and_stays():
    known = registry.assign([["b"], ["c"]], {})
    assert known == {"b": ("b", 1), "c": ("c", 1)}
    joined = registry.assign([["a", "b"], ["c"]], known)  # a is new and sorts first; b was there before
    assert joined["a"] == joined["b"] == ("b", 1)


def test_of_two_people_who_are_one_the_older_id_stays():
    known = registry.assign([["b"]], {})
    known = registry.assign([["b"], ["a"]], known)
    assert set(registry.assign([["a", "b"]], known).values()) == {("b", 1)}


def test_where_one_falls_apart_the_id_stays_with_its_record():
    known = registry.assign([["a", "b", "c"]], {})
    apart = registry.assign([["b", "c"], ["a"]], known)
    assert apart["a"] == ("a", 1)
    assert apart["b"] == apart["c"] == ("b", 2)


def test_or_with_most_where_that_record_is_gone_and_nobody_gets_it_twice():
    known = registry.assign([["a", "b", "c"]], {})
    gone = registry.assign([["b", "c"]], known)
    assert set(gone.values()) == {("a", 1)}
    back = registry.assign([["b", "c"], ["a"]], gone)
    assert len({person for person, _ in back.values()}) == 2
    assert back["b"] == ("a", 1)


# --- questions and answers


def doubtful():
    """Half of a compound name and a family's phone: a person must say."""
    return [row("crm:1", "محمدرضا کاظمی", mobile=PHONE, city="قم"), row("shop:1", "رضا کاظمی", mobile=PHONE, city="قم")]


@pytest.mark.parametrize(("answer", "people_"), [("same", 1), ("یکی", 1), ("different", 2), ("متفاوت", 2)])
def test_an_answer_decides_and_is_not_asked_again(tmp_path, answer, people_):
    assert not together(tmp_path, *doubtful())
    path = tmp_path / "state" / "review.csv"
    asked = spreadsheet.read(path)
    assert [{r["customer_a"], r["customer_b"]} for r in asked] == [{"crm:1", "shop:1"}]
    assert path.stat().st_mode & 0o777 == 0o600
    asked[0]["answer"] = answer
    spreadsheet.write(path, pd.DataFrame(asked))
    assert len(set(linked(tmp_path, *doubtful()).values())) == people_
    assert not path.exists()  # nothing is left to ask
    assert len(set(linked(tmp_path, *doubtful()).values())) == people_  # and the answer lasts


def test_questions_stand_by_group_as_few_as_tie_it_and_the_largest_first():
    rows = pd.DataFrame(
        [("a", "b", 1, 1, 3.0), ("c", "d", 1, 4, 2.5), ("b", "e", 1, 1, 2.0), ("a", "e", 1, 1, 1.0)],
        columns=["x", "y", "n_x", "n_y", "weight"],
    )
    asked = review._grouped(rows)
    assert asked[["x", "y", "group", "records"]].values.tolist() == [
        ["c", "d", 1, 5], ["a", "b", 2, 3], ["b", "e", 2, 3],  # a and e are one where both others are
    ]  # fmt: skip


def test_one_starred_answer_is_that_of_all_with_the_same_reason(tmp_path):
    path = tmp_path / "state" / "review.csv"
    said = [("same*", "w"), ("", "w"), ("different", "w"), ("", "v"), ("متفاوت *", "u"), ("", "u"), ("", "")]
    rows = [{"answer": a, "why": w, "customer_a": f"a{i}", "customer_b": f"b{i}"} for i, (a, w) in enumerate(said)]
    spreadsheet.write(path, pd.DataFrame(rows))
    answers, unclear = review.collect(tmp_path, {})
    assert unclear == []
    assert answers == {("a0", "b0"): True, ("a1", "b1"): True, ("a2", "b2"): False, ("a4", "b4"): False,
                       ("a5", "b5"): False}  # fmt: skip


def test_a_list_of_questions_is_no_program(tmp_path):
    rows = [r | {"address": "=HYPERLINK(1)", "city": "قم"} for r in doubtful()]
    linked(tmp_path, *rows)
    assert '"=HYPERLINK' not in (tmp_path / "state" / "review.csv").read_text("utf-8-sig")


def test_an_answer_that_cannot_be_read_is_told_by_its_row(tmp_path):
    linked(tmp_path, *doubtful())
    path = tmp_path / "state" / "review.csv"
    spreadsheet.write(path, pd.DataFrame([r | {"answer": "maybe"} for r in spreadsheet.read(path)]))
    with duckdb.connect() as con:
        con.register("given", pd.DataFrame(doubtful(), columns=people.COLUMNS, dtype="string"))
        assert identity.link_customers(con, "given", tmp_path).unclear == (2,)


def test_every_link_is_explained(tmp_path):
    linked(
        tmp_path,
        row("crm:1", "مریم رضاییان", mobile=PHONE, city="قم"),
        row("shop:1", "Maryam Rezaeian", mobile=PHONE, city="یزد"),
    )
    told = identity.explain(tmp_path, "shop:1").loc[1]
    assert dict(told["level"]) == {"first": "sound", "last": "sound", "mobile": "same", "place": "different"}
    assert told.loc["mobile", "weight"] > 10 > 0 > told.loc["place", "weight"]
    assert identity.explain(tmp_path, "nobody").empty


# --- what is looked at, and what a name is worth


def test_records_with_a_slip_in_a_name_meet_by_what_is_left_of_it():
    rows = [
        row("a:1", "نیکان فرهمندپور", city="قم"),
        row("a:2", "نیکان فرهمندبور", city="قم"),  # half of the surname
        row("a:3", "شیکان فرهمندپور", city="قم"),  # the surname, and half of the first name
        row("a:4", "نیکان فرهنگیان", city="قم"),  # begins alike, and is another name
        row("a:5", "نیکان فرهمندبور", city="یزد"),
        row("a:6", "آرش کیمی", city="رشت"),  # a letter of a short surname
        row("a:7", "آرش کریمی", city="رشت"),
        row("a:8", "آرش کاشانی"),  # two letters, and no city
        row("b:1", "جمشید طاهری", mobile=PHONE),
        row("b:2", "جمشید طاهرس", mobile=PHONE[:-1] + "7"),  # half of the mobile
    ]
    with duckdb.connect() as con:
        con.register("given", pd.DataFrame(rows, columns=people.COLUMNS, dtype="string"))
        people.prepare(con)
        people.describe(con, "given")
        candidates.set_apart(con)
        found = {}
        for blocks in (candidates.BLOCKS, candidates.BLOCKS | candidates.MISTYPED):
            candidates.pair(con, "id_records", "found", blocks)
            found[len(blocks)] = set(con.execute(
                "SELECT a.customer_id, b.customer_id FROM found JOIN id_records a ON a.unique_id = l "
                "JOIN id_records b ON b.unique_id = r").fetchall())  # fmt: skip
    exact, slips = found.values()
    assert exact == {("a:2", "a:5")}
    # wherever they live: نیکان فرهمندبور of یزد is one letter from a:1, too
    assert slips == exact | {("a:1", "a:2"), ("a:1", "a:3"), ("a:1", "a:5"), ("a:6", "a:7"), ("b:1", "b:2")}


@pytest.mark.parametrize(
    ("one", "other", "level"),
    [("دکنر رقیه", "رقیه", "close"), ("خانملیلا", "لیلا", "close"), ("افای ابراهیم", "ابراهیم", "close"),
     ("سد آرش", "آرش", "close"), ("خان‌علی", "علی", "part")],
)  # fmt: skip
def test_a_mistyped_title_is_no_part_of_a_name(tmp_path, one, other, level):
    names_ = [one, *[other] * 41]  # a name as common as they are
    rows = [row(f"a:{i:02}", mobile=PHONE) | {"first_name": n, "last_name": "امینی"} for i, n in enumerate(names_)]
    with duckdb.connect() as con:
        con.register("given", pd.DataFrame(rows, columns=people.COLUMNS, dtype="string"))
        identity.link_customers(con, "given", tmp_path)
        told = con.execute("SELECT DISTINCT first FROM id_first WHERE l = 1").fetchall()
    assert told == [(level,)]


def test_a_company_of_one_customer_has_one(tmp_path):
    assert together(tmp_path, *(row(f"a:{i}", "مریم رضاییان", mobile=PHONE) for i in range(9)))


def test_a_model_is_learnt_where_splink_finds_a_share_too_small(monkeypatch):
    tried = []

    def maximised(_con, rounds):
        tried.append(rounds)
        if rounds > 4:
            raise ValueError("m_probability value 0.0 is below the minimum")
        return {c.name: [{"label_for_charts": level.name} for level in c.levels] for c in likeness.COMPARISONS}

    monkeypatch.setattr(likeness, "_maximised", maximised)
    learnt = likeness._trained(None)
    assert tried == [25, 10, 4]
    assert sum(learnt[f"first.{level.name}"][0] for level in likeness.COMPARISONS[0].levels) == pytest.approx(
        1, abs=1e-4
    )


def told_by_mobiles(right_at_zero, relatives=0):
    """namesakes.enough of 600 records whose likeliest person weighs 1, and 600 at 0, so many of these rightly.

    relatives  so many of the first 600 weigh 9, half of them wrongly: a rare surname that brothers share
    """
    pairs_, records, persons = [], [], []
    for i in range(1200):
        x, own, other, weight = 10 * i, 10 * i + 1, 10 * i + 2, 1.25 if i < 600 else 0.25
        right = i < 600 or i < 600 + right_at_zero
        if i < relatives:
            weight, right = 9.25, i % 2 == 0
        first, second = (own, other) if right else (other, own)
        pairs_ += [(x, first, "same", weight + 17.0, 17.0), (x, second, "same", weight - 5 + 17.0, 17.0),
                   (x, 10 * i + 3, "different", 40.0, 17.0)]  # fmt: skip
        records += [(x, "09"), (own, "09"), (other, "09"), (10 * i + 3, "09")]
        persons += [(x, x), (own, x), (other, other), (10 * i + 3, 10 * i + 3)]
    names_ = [c.name for c in likeness.COMPARISONS]
    first = pd.DataFrame(pairs_, columns=["l", "r", "first", "weight", "w_mobile"]).assign(
        last="same", place="city", **{f"w_{n}": 0.0 for n in names_ if n != "mobile"})  # fmt: skip
    tables = {"id_first": first, "id_records": pd.DataFrame(records, columns=["unique_id", "mobile"]),
              "id_people": pd.DataFrame(persons, columns=["unique_id", "person"])}  # fmt: skip
    with duckdb.connect() as con:
        for name, frame in tables.items():
            con.register(name, frame)
        return namesakes.enough(con, 3.0)


def test_a_name_is_worth_what_records_with_known_phones_show():
    assert told_by_mobiles(600) == 0.0
    assert told_by_mobiles(558) == 0.0  # 93 of 100
    assert told_by_mobiles(557) == 1.0


def test_a_few_relatives_of_a_rare_surname_do_not_make_all_names_doubtful():
    assert told_by_mobiles(600, relatives=100) == 0.0
    assert told_by_mobiles(600, relatives=600) == 2.0  # half of all heavy names wrong: none will do


# --- a population


@pytest.fixture(scope="module")
def population(tmp_path_factory):
    """4,000 records, their truth, and how they were linked."""
    frame, truth = build(RECIPES["mixed"], 4000, seed=11)
    folder = tmp_path_factory.mktemp("population")
    with duckdb.connect() as con:
        con.register("given", frame)
        identity.link_customers(con, "given", folder)
    return frame, truth, folder


def pairs(groups):
    sizes = groups.value_counts()
    return int((sizes * (sizes - 1) // 2).sum())


def test_pairs_of_a_population_are_found_and_hardly_one_is_wrong(population):
    frame, truth, folder = population
    found = pd.read_parquet(identity.place(folder)).set_index("customer_id")["person_id"].reindex(truth.index)
    right = pairs(pd.Series(list(zip(found, truth, strict=True))))
    assert right / pairs(found) >= 0.99
    assert right / pairs(truth) >= 0.88


def test_the_same_rows_in_any_order_give_the_same_people_and_a_new_one_changes_only_its_own(population, tmp_path):
    frame, _, folder = population
    before = pd.read_parquet(identity.place(folder)).set_index("customer_id")["person_id"]
    fresh = linked(tmp_path, *frame.sample(frac=1, random_state=3).to_dict("records"))
    assert fresh == dict(before)
    someone = frame[frame["first_name"].notna() & frame["mobile"].str.fullmatch(r"09\d{9}")].iloc[0]
    new = someone.to_dict() | {"customer_id": "new:1", "source": "new"}
    after = linked(tmp_path, *frame.to_dict("records"), new)
    assert after.pop("new:1") == before[someone["customer_id"]]
    assert after == dict(before)
