"""`cx schedule`: what it prints is what the machine's own scheduler runs, whatever the folders are called."""

import ast
import datetime as dt
import json
import os
import re
import shlex
import shutil
import subprocess

import pytest

from cx_helpers import cli

ROWS = "\n".join(f"r{i},c{i},2025-08-{1 + i % 20:02d},{i % 11}" for i in range(60))


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A company whose folder's name the shell, cron, systemd and Airflow each read in a way of their own."""
    folder = tmp_path_factory.mktemp("there") / "my co's 50% $HOME {{ x }}"
    (folder / "sources").mkdir(parents=True)
    (folder / "workspace.yaml").write_text(
        """
name: {fa: آزمون, en: Trial}
sources:
  - {system: table, name: answers, path: sources/answers.csv, table: responses, scale: [0, 10], columns: {
     response_id: id, customer_id: who, responded_at: at, score: score, instrument: {value: nps}}}
  - {system: table, name: late, path: sources/late.csv, table: tickets, columns: {ticket_id: id, opened_at: at}}
""",
        "utf-8",
    )
    (folder / "sources" / "answers.csv").write_text(f"id,who,at,score\n{ROWS}\n", "utf-8")
    (folder / "sources" / "late.csv").write_text("nothing,that,fits\n1,2,3\n", "utf-8")
    (folder / "monthly.yaml").write_text("notebooks: [survey]\nperiod: 1404-05\nlocale: en\n", "utf-8")
    assert cli.main(["ingest", "-w", str(folder)]) == 2  # late.csv lacks its columns
    return folder


def printed(place, kind, capsys, *more):
    capsys.readouterr()
    asked = ["schedule", kind, "-w", str(place), "--plan", str(place / "monthly.yaml"), "--out", str(place / "out")]
    assert cli.main([*asked, *more]) == 0
    return capsys.readouterr()


def crontab_line(text):
    (line,) = [line for line in text.splitlines() if line and not line.startswith("#")]
    return line


def test_the_line_of_the_crontab_ingests_and_publishes_with_nothing_set_around_it(place, tmp_path, capsys):
    line = crontab_line(printed(place, "cron", capsys).out)
    *when, command = line.split(maxsplit=5)
    assert when == ["30", "6", "*", "*", "*"]
    assert not re.search(r"(?<!\\)%", command)  # cron ends a command at a bare %
    shutil.rmtree(place / "out", ignore_errors=True)
    ran = subprocess.run(
        ["/bin/sh", "-c", command.replace(r"\%", "%")],
        env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 2  # a source that cannot be read is told, and keeps no report from coming out
    manifest = json.loads((place / "out" / "monthly" / "1404-05" / "manifest.json").read_text("utf-8"))
    assert [entry["outcome"] for entry in manifest["notebooks"]] == ["published"]
    assert "late.csv" in ran.stderr
    assert ran.stdout == ""
    (log,) = (place / "out").glob("*.log")
    assert "late.csv" in log.read_text("utf-8")


@pytest.mark.parametrize(("outcomes", "ends", "ran"), [((0, 0), 0, 2), ((2, 0), 2, 2), ((1, 0), 1, 1), ((0, 3), 3, 2)])
def test_the_line_goes_on_only_past_what_failed_in_part(monkeypatch, place, capsys, tmp_path, outcomes, ends, ran):
    """Commands that end with these codes stand where `cx ingest` and `cx run` do."""
    from cx_helpers.run import scheduling

    codes = iter(outcomes)
    monkeypatch.setattr(
        scheduling, "command", lambda: ["sh", "-c", f"echo ran >> {tmp_path}/said; exit {next(codes)}", "-"]
    )
    text = scheduling.Schedule.line
    settings, plan = cli_check(place)
    made = text(scheduling.Schedule(settings, plan, None, place / "out", place))
    assert subprocess.run(["sh", "-c", f"( {made} )"]).returncode == ends
    assert len((tmp_path / "said").read_text().splitlines()) == ran


def cli_check(place):
    from cx_helpers import runner

    return runner.check(runner.Request(workspace=str(place), plan=str(place / "monthly.yaml")))


def test_systemd_gets_a_service_and_a_timer(place, tmp_path, capsys):
    text = printed(place, "systemd", capsys, "--every", "week", "--at", "7:05").out
    script = tmp_path / "set-up.sh"
    script.write_text(text, "utf-8")
    said = subprocess.run(["sh", script], env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}, capture_output=True)
    assert said.returncode == 0, said.stderr
    service, timer = sorted((tmp_path / ".config/systemd/user").iterdir())
    assert (service.suffix, timer.suffix) == (".service", ".timer")
    assert "OnCalendar=Sat *-*-* 07:05:00 Asia/Tehran" in timer.read_text("utf-8").splitlines()
    (start,) = re.findall(r'^ExecStart=/bin/sh -c "(.*)"$', service.read_text("utf-8"), re.M)
    assert not re.search(r"(?<!%)%(?!%)|(?<!\$)\$(?!\$)", start.replace("%%", "").replace("$$", ""))
    plain = re.sub(r"\\(.)", r"\1", start).replace("%%", "%").replace("$$", "$")
    assert plain.startswith(f"s=0; cd {shlex.quote(os.getcwd())}")
    assert shlex.quote(str(place)) in plain
    if shutil.which("systemd-analyze"):
        asked = ["systemd-analyze", "verify", "--user", "--man=no", str(service), str(timer)]
        judged = subprocess.run(asked, capture_output=True, text=True, env={**os.environ, "XDG_RUNTIME_DIR": "/tmp"})
        assert service.stem not in judged.stderr, judged.stderr


def test_airflow_gets_a_dag_whose_commands_jinja_leaves_alone(place, capsys):
    import jinja2

    tree = ast.parse(printed(place, "airflow", capsys, "--every", "jalali-month").out)
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and getattr(node.func, "id", "") != "repr"]
    given = [
        {k.arg: ast.literal_eval(k.value) for k in call.keywords} for call in calls if name(call) == "BashOperator"
    ]
    assert [one["task_id"] for one in given] == ["ingest", "run"]
    commands = [jinja2.Template(one["bash_command"]).render() for one in given]
    assert all(shlex.split(command)[3] == str(place) for command in commands[:1])
    assert commands[0].endswith("|| [ $? -eq 2 ]")
    assert str(place / "out") in shlex.split(commands[1])
    (dag,) = [call for call in calls if name(call) == "DAG"]
    assert {k.arg: k.value.value for k in dag.keywords if k.arg == "schedule"} == {"schedule": "30 6 19-23 * *"}


def name(call):
    return getattr(call.func, "id", "")


def test_a_jalali_month_begins_on_one_of_the_days_that_it_runs_on():
    from cx_helpers import dates

    begun = {dates.from_jalali(year, month, 1).day for year in range(1380, 1480) for month in range(1, 13)}
    assert begun == {19, 20, 21, 22, 23}


def test_what_the_person_should_know_is_said(place, capsys):
    said = printed(place, "cron", capsys)
    assert "the plan names the period 1404-05" in said.err
    assert "# Note: the plan names the period" in said.out


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (("--at", "25:00"), "write e.g. --at 06:30"),
        (("--every", "hour"), "day, week, month, jalali-month"),
        (("--plan", "nowhere.yaml"), "nowhere.yaml cannot be read"),
    ],
)
def test_what_cannot_run_is_not_scheduled(place, capsys, more, says):
    asked = ["schedule", "cron", "-w", str(place), "--plan", str(place / "monthly.yaml")]
    assert cli.main([*asked, *more]) == 1
    told = capsys.readouterr()
    assert says in told.err
    assert told.out == ""


def test_a_run_of_its_own_accord_says_how_old_its_newest_month_is(place, capsys):
    """Exports that no longer come would let a scheduler publish one month again and again without a word."""
    asked = ["run", "survey", "-w", str(place), "--out", str(place / "aged"), "--locale", "en"]
    capsys.readouterr()
    assert cli.main(asked) == 0
    said = capsys.readouterr().err
    days = int(re.search(r"ended (\d+) days ago; are the exports still coming\?", said)[1])
    assert abs(days - (dt.date.today() - dt.date(2025, 8, 22)).days) <= 1  # 1404-05 ended on the 22nd of August
    assert cli.main([*asked, "--period", "1404-05"]) == 0
    assert "days ago" not in capsys.readouterr().err


def test_a_persian_plan_gets_a_unit_that_systemd_takes(place, tmp_path, capsys):
    (place / "ماهانه.yaml").write_text("notebooks: [survey]\nperiod: 1404-05\n", "utf-8")
    text = printed(place, "systemd", capsys, "--plan", str(place / "ماهانه.yaml")).out
    (unit,) = re.findall(r'"\$units"/(\S+)\.timer', text)
    assert re.fullmatch(r"[A-Za-z0-9_.-]+-[0-9a-f]{6}", unit)


def test_two_companies_of_one_name_and_two_plans_of_one_name_get_units_of_their_own(place, tmp_path, capsys):
    other = tmp_path / "elsewhere" / place.name
    shutil.copytree(place, other)
    names = {unit(place, capsys), unit(other, capsys), unit(place, capsys, "--plan", str(other / "monthly.yaml"))}
    assert len(names) == 3


def unit(company, capsys, *more):
    (made,) = re.findall(r'"\$units"/(\S+)\.timer', printed(company, "systemd", capsys, *more).out)
    return made


@pytest.mark.parametrize("folder", ["two\nlines", "x{% endraw %}y"])
def test_a_folder_that_no_file_can_name_is_refused(place, tmp_path, monkeypatch, capsys, folder):
    (tmp_path / folder).mkdir()
    monkeypatch.chdir(tmp_path / folder)
    asked = ["-w", str(place), "--plan", str(place / "monthly.yaml"), "--out", str(tmp_path / "out")]
    assert cli.main(["schedule", "airflow", *asked]) == 1
    assert "rename the folder" in capsys.readouterr().err


def test_what_could_not_be_published_is_not_scheduled(place, tmp_path, capsys):
    (tmp_path / "taken").write_text("", "utf-8")
    asked = ["-w", str(place), "--plan", str(place / "monthly.yaml")]
    assert cli.main(["schedule", "cron", *asked, "--out", str(tmp_path / "taken")]) == 1
    assert "is a file" in capsys.readouterr().err
    assert cli.main(["run", *asked, "--out", str(tmp_path / "out")]) == 0
    other = shutil.copytree(place, tmp_path / "other")
    said = ["-w", str(other), "--plan", str(other / "monthly.yaml"), "--out", str(tmp_path / "out")]
    assert cli.main(["schedule", "cron", *said]) == 1
    assert "is of another company" in capsys.readouterr().err
