"""The command line: what is refused, how it is said, which status is left."""

import os
import subprocess

import pytest

from support.paths import TOCSIN

COMMANDS = ["ship", "index", "alert", "setup", "check", "trace",
            "link", "dead", "prune", "top", "help"]
WITHOUT_CONFIG = {name: value for name, value in os.environ.items()
                  if name != "TOCSIN_CONFIG"}


def run(*words, **env):
    """The CompletedProcess; a command here never needs a server."""
    return subprocess.run(
        [TOCSIN, *map(str, words)], stdin=subprocess.DEVNULL,
        capture_output=True, text=True, timeout=30, check=False,
        env={**WITHOUT_CONFIG, **env})


def write(path, text):
    path.write_text(text, encoding="utf-8")
    return path


def test_version_is_one_line():
    result = run("--version")
    assert result.returncode == 0
    assert result.stdout.startswith("tocsin ")
    assert result.stdout.count("\n") == 1


def test_help_lists_every_command():
    result = run("help")
    assert result.returncode == 0
    for command in COMMANDS:
        assert f"\n  {command} " in result.stdout


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_a_command_is_the_same_both_ways(command):
    explained = run("help", command)
    assert explained.returncode == 0
    assert f"Usage: tocsin {command} " in explained.stdout
    assert run(command, "--help").stdout == explained.stdout


def test_help_config_names_settings_of_every_part():
    result = run("help", "config")
    assert result.returncode == 0
    for setting in ("prefix", "kafka.brokers", "elasticsearch.urls",
                    "ship.paths", "index.prefix", "alert.rules"):
        assert f"\n{setting}  (" in result.stdout


def test_completion_is_a_script_that_bash_takes():
    script = run("help", "--completion").stdout
    words = subprocess.run(
        ["bash", "-c", script + """
COMP_WORDS=(tocsin check --s); COMP_CWORD=2
_tocsin; printf '%s\\n' "${COMPREPLY[@]}" """],
        capture_output=True, text=True, check=True).stdout.split()
    assert sorted(words) == ["--servers", "--set", "--strict"]


@pytest.mark.parametrize("words, said", [
    ([], "Usage: tocsin COMMAND"),
    (["chek"], 'unknown command "chek"; did you mean "check"?'),
    (["frobnicate"], 'unknown command "frobnicate"\n'),
    (["help", "shp"], 'unknown command "shp"; did you mean "ship"?'),
    (["check", "--strct"],
     'unknown option "--strct"; did you mean "--strict"?'),
    (["--verson"], 'unknown option "--verson"; did you mean "--version"?'),
    (["check", "-x"], 'unknown option "-x"'),
    (["check", "-c"], 'option "--config" needs a value: FILE'),
    (["check", "--strict=1"], 'option "--strict" takes no value'),
    (["check", "-s", "prefix"], 'needs KEY.PATH=VALUE, not "prefix"'),
    (["trace"], '"trace" needs REQUESTKEY'),
    (["trace", "a", "b"], 'unexpected "b"'),
    (["ship", "file"], 'unexpected "file"'),
    (["setup", "--", "-c"], 'unexpected "-c"'),
])
def test_wrong_usage_is_64_and_says_what_is_wrong(words, said):
    result = run(*words)
    assert result.returncode == 64
    assert said in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize("text, said", [
    ('prefix = "a";\nkafka = { broker = "b"; };\n',
     ':2: unknown setting "kafka.broker"; did you mean "kafka.brokers"?'),
    ('prefx = "a";\n', ':1: unknown setting "prefx"; did you mean "prefix"?'),
    ('\n\nkafka = { partitions = "many"; };\n',
     ':3: "kafka.partitions" must be a whole number, not a string'),
    ("kafka = {\n partitions = 0; };\n",
     ':2: "kafka.partitions" must be between 1 and 10000'),
    ('max_event_bytes = "1MB";\n', ':1: "max_event_bytes" must be'),
    ('prefix = "with blank";\n', ':1: "prefix" must be'),
    ('log = { level = "wran"; };\n', 'did you mean "warn"?'),
    ('prefix = "a";\nkafka = ;\n', ":2: syntax error"),
    ('prefix = "a";\nprefix = "b";\n', ":2: duplicate setting name"),
    ('@include "nowhere.conf"\n', ":1: could not include"),
])
@pytest.mark.parametrize("command", ["check", "ship", "index", "alert"])
def test_a_wrong_config_is_78_with_file_and_line(tmp_path, command, text, said):
    config = write(tmp_path / "t.conf", text)
    result = run(command, "-c", config)
    assert result.returncode == 78
    assert f"{config}{said}" in result.stderr or (
        said.startswith("did") and said in result.stderr)


def test_all_problems_of_a_config_are_shown_at_once(tmp_path):
    config = write(tmp_path / "t.conf",
                   "prefix = 1;\nkafka = 2;\nunheard_of = 3;\n")
    result = run("check", "-c", config)
    assert result.returncode == 78
    assert [line.split(":")[1] for line in result.stderr.splitlines()] == [
        "1", "2", "3"]


@pytest.mark.parametrize("override, said", [
    ("kafka.partitions=hunter2", '-s kafka.partitions: "kafka.partitions"'),
    ("kafka.broker=hunter2", "-s kafka.broker: unknown setting"),
    ("kafka.partitions=0", '-s kafka.partitions: "kafka.partitions" must be '
                           'between 1 and 10000'),
    ("prefix=a/hunter2", '-s prefix: "prefix" must be'),
])
def test_a_wrong_override_names_the_option_and_hides_the_value(override, said):
    result = run("check", "-s", override)
    assert result.returncode == 78
    assert said in result.stderr
    assert "hunter2" not in result.stderr + result.stdout


def test_an_override_mends_what_the_file_says_wrong(tmp_path):
    config = write(tmp_path / "t.conf", "kafka = { partitions = 0; };\n")
    assert run("check", "-c", config).returncode == 78
    mended = run("-s", "kafka.partitions=3", "check", "-c", config)
    assert mended.returncode == 0
    assert mended.stdout.startswith("ok: 0 rules")


def test_the_config_comes_from_the_option_or_the_environment(tmp_path):
    good = write(tmp_path / "good.conf", 'prefix = "good";\n')
    bad = write(tmp_path / "bad.conf", "prefix = 1;\n")
    assert run("check", TOCSIN_CONFIG=str(bad)).returncode == 78
    assert run("check", "-c", good, TOCSIN_CONFIG=str(bad)).returncode == 0
    missing = run("check", TOCSIN_CONFIG=str(tmp_path / "missing.conf"))
    assert missing.returncode == 78
    assert "missing.conf: could not read the file" in missing.stderr


RULE = """rules = (
  {{
    name = "ManyErrors";
    type = "frequency";
    query = "{query}";
    {key} = 5;
    timeframe = "1m";
  }}
);
"""


def test_a_right_rule_file_is_counted(tmp_path):
    rules = write(tmp_path / "r.conf",
                  RULE.format(key="num_events", query="Level:ERROR"))
    result = run("check", rules)
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.startswith("ok: 1 rules")


def test_a_misspelt_key_of_a_rule_is_named_with_the_right_one(tmp_path):
    rules = write(tmp_path / "r.conf",
                  RULE.format(key="num_event", query="Level:ERROR"))
    result = run("check", rules)
    assert result.returncode == 78
    assert f"{rules}:6: " in result.stderr
    assert '"num_events"' in result.stderr


def test_rule_files_that_the_config_names_are_checked(tmp_path):
    rules = write(tmp_path / "r.conf",
                  RULE.format(key="num_events", query="Level:(ERROR"))
    config = write(tmp_path / "t.conf",
                   f'alert = {{ rules = ( "{tmp_path}/r*.conf" ); }};\n')
    for words in (["check", "-c", config], ["check", config]):
        result = run(*words)
        assert result.returncode == 78
        assert f"{rules}:5" in result.stderr


def test_check_of_servers_that_are_away_is_69():
    result = run("check", "--servers", "-s", "kafka.brokers=127.0.0.1:1",
                 "-s", "elasticsearch.urls=http://127.0.0.1:1")
    assert result.returncode == 69
    assert "kafka: could not" in result.stdout
    assert "elasticsearch: " in result.stdout


def test_a_full_disk_under_the_output_is_noticed():
    with open("/dev/full", "w", encoding="utf-8") as full:
        result = subprocess.run([TOCSIN, "help"], stdout=full,
                                stderr=subprocess.PIPE, check=False,
                                text=True, env=WITHOUT_CONFIG)
    assert result.returncode == 70
    assert "could not write the output" in result.stderr
