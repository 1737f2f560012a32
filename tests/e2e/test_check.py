"""What `check` finds with no server at hand, and where it says it is."""

import pytest

from test_cli import run, write


@pytest.mark.parametrize("address", ["9602", "localhost", "::1:9602",
                                     "127.0.0.1:65536", ":9602"])
@pytest.mark.parametrize("part", ["ship", "index", "alert"])
def test_an_address_that_is_none_is_told_with_its_line(tmp_path, part,
                                                       address):
    config = write(tmp_path / "t.conf",
                   f'prefix = "p";\n{part} = {{\n'
                   f'  http = "{address}"; }};\n')
    result = run("check", "-c", config)
    assert result.returncode == 78
    assert (f'{config}:3: {part}.http: could not read address "{address}"'
            in result.stderr)


def test_an_address_may_be_none_at_all(tmp_path):
    config = write(tmp_path / "t.conf", 'index = { http = ""; };\n'
                   'alert = { http = "[::1]:0"; };\n')
    assert "http" not in run("check", "-c", config).stderr


SHIP = 'ship = {\n  paths = [ "/var/log/x" ];\n%s};\n'


def test_a_machine_id_that_others_may_have_is_warned_of(tmp_path):
    """A container's, unless something says who this is."""
    env = {"KUBERNETES_SERVICE_HOST": "10.0.0.1"}
    config = write(tmp_path / "t.conf", SHIP % "")
    warned = run("check", "-c", config, **env)
    assert f"{config}:2: warning: " in warned.stderr
    assert "set ship.host_id" in warned.stderr
    assert warned.returncode == 0
    assert run("check", "--strict", "-c", config, **env).returncode == 78
    config = write(config, SHIP % '  host_id = "node-1";\n')
    assert "machine id" not in run("check", "-c", config, **env).stderr
    config = write(config, 'prefix = "only_index";\n')
    assert "machine id" not in run("check", "-c", config, **env).stderr


@pytest.mark.parametrize("group, line", [
    ("kafka", 'sasl_password_file = "/nowhere/x";'),
    ("kafka", 'ssl_key_password = "${TOCSIN_TEST_NOT_SET}";'),
    ("elasticsearch", 'user = "u"; password_file = "/nowhere/x";'),
    ("elasticsearch", 'api_key_file = "/nowhere/x";'),
    ("elasticsearch", 'ca_file = "/nowhere/x";')])
def test_a_secret_that_cannot_be_read_is_told_with_its_line(tmp_path, group,
                                                            line):
    config = write(tmp_path / "t.conf",
                   SHIP % "" + f"{group} = {{\n\n  {line} }};\n")
    result = run("check", "-c", config)
    assert result.returncode == 78
    setting = line.split(" = ")[-2].split()[-1]
    assert f"{config}:6: {group}.{setting}: " in result.stderr
    assert result.stderr.count("/nowhere/x") <= 1


def test_a_kafka_property_of_ours_is_refused_by_all_that_read_it(tmp_path):
    config = write(tmp_path / "t.conf",
                   'kafka = {\n  properties = [ "linger.ms=5",\n'
                   '    "acks=1" ]; };\n')
    said = f'{config}:3: property "acks" of "kafka.properties" is Tocsin\'s'
    for command in ("check", "ship", "index", "alert"):
        result = run(command, "-c", config)
        assert result.returncode == 78, command
        assert said in result.stderr, command
    result = run("check", "-c", config, "-s", "kafka.properties=group.id=x")
    assert '-s kafka.properties: property "group.id"' in result.stderr


@pytest.mark.parametrize("text, line, said", [
    ('kafka = {\n  brokers = ""; };', 2, '"kafka.brokers" names no broker'),
    ('ship = {\n  paths = [ "/a",\n  "" ]; };', 3, "empty text in ship.paths"),
    ('ship = {\n  paths = ""; };', 2, "empty text in ship.paths"),
    ('ship = {\n  paths = []; };', 2, "ship.paths is empty"),
    ('elasticsearch = {\n  urls = [ "" ]; };', 2, "elasticsearch.urls"),
    ('alert = {\n  rules = [ "" ]; };', 2, "alert.rules"),
])
def test_a_list_that_names_nothing_is_told_with_its_line(tmp_path, text, line,
                                                         said):
    config = write(tmp_path / "t.conf", text + "\n")
    result = run("check", "-c", config)
    assert result.returncode == 78
    assert f"{config}:{line}: " in result.stderr, result.stderr
    assert said in result.stderr
