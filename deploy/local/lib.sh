# lib.sh - what deploy/local/up, down and status share
#
# A stack is a data folder. Each server has a folder in it, with what is known
# about it: `port`, `pid`, `server.log`, and its own data. `engine` names the
# search engine the stack was last started with. The jars of all stacks lie in
# one cache folder, by the content of the pom that names them.

# shellcheck shell=bash
# shellcheck disable=SC2034 # up, down and status read what is set here
set -euo pipefail

LOCAL=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/tocsin
DATA=${TOCSIN_LOCAL_DATA:-${XDG_STATE_HOME:-$HOME/.local/state}/tocsin/local}
KAFKA_PORT=${TOCSIN_LOCAL_KAFKA_PORT:-}
SEARCH_PORT=${TOCSIN_LOCAL_ES_PORT:-}
ENGINE=
ONLY=
PURGE=

ENGINES=(elasticsearch elasticsearch8 opensearch)
EX_USAGE=64
EX_UNAVAILABLE=69
START_SECONDS=90
STOP_SECONDS=20

die() { # STATUS MESSAGE
	echo "${0##*/}: $2" >&2
	exit "$1"
}

parse_options() { # ARG...
	while (($# > 0)); do
		case $1 in
		-h | --help)
			usage
			exit 0
			;;
		--purge)
			PURGE=yes
			shift
			continue
			;;
		--engine | --kafka-port | --es-port | --data | --only) ;;
		*) die $EX_USAGE "unknown option '$1', see --help" ;;
		esac
		(($# > 1)) || die $EX_USAGE "option '$1' needs a value"
		case $1 in
		--engine) ENGINE=$2 ;;
		--kafka-port) KAFKA_PORT=$2 ;;
		--es-port) SEARCH_PORT=$2 ;;
		--data) DATA=$2 ;;
		--only) ONLY=$2 ;;
		esac
		shift 2
	done
	check_options
}

is_engine() { # NAME
	[[ " ${ENGINES[*]} " = *" $1 "* ]]
}

check_options() {
	DATA=$(realpath -m "$DATA")
	[[ -n $ENGINE ]] || ENGINE=$(stored engine elasticsearch)
	is_engine "$ENGINE" ||
		die $EX_USAGE "engine '$ENGINE' is none of ${ENGINES[*]}"
	if [[ -z $ONLY ]]; then
		SERVERS=(kafka "$ENGINE")
	elif [[ $ONLY = kafka ]]; then
		SERVERS=(kafka)
	elif is_engine "$ONLY"; then
		SERVERS=("$ENGINE")
	else
		die $EX_USAGE "server '$ONLY' is none of kafka ${ENGINES[*]}"
	fi
	[[ $KAFKA_PORT$SEARCH_PORT =~ ^[0-9]*$ ]] ||
		die $EX_USAGE "a port is a number, 0 chooses a free one"
}

stored() { # FILE DEFAULT
	if [[ -s $DATA/$1 ]]; then
		cat "$DATA/$1"
	else
		echo "$2"
	fi
}

# Missing tools

need() { # COMMAND PACKAGE [COMMAND PACKAGE]...
	local missing=()
	while (($# > 0)); do
		command -v "$1" >/dev/null || [[ " ${missing[*]} " = *" $2 "* ]] ||
			missing+=("$2")
		shift 2
	done
	((${#missing[@]} == 0)) && return
	echo "${0##*/}: not installed: ${missing[*]}. As root:" >&2
	echo "apt-get install -y ${missing[*]}" >&2
	exit $EX_UNAVAILABLE
}

# Jars

jars() { # SERVER: prints the folder of its jars, downloads them once
	local pom=$LOCAL/servers/$1/pom.xml sum folder
	sum=$(sha256sum "$pom")
	folder=$CACHE/$1-${sum:0:12}
	if [[ ! -e $folder/complete ]]; then
		need mvn maven
		mkdir -p "$CACHE"
		(
			flock 9
			[[ -e $folder/complete ]] || download "$1" "$pom" "$folder"
		) 9>"$CACHE/lock" >&2 || exit $EX_UNAVAILABLE
	fi
	echo "$folder"
}

download() { # SERVER POM FOLDER
	echo "$1: downloading its jars, once, to $3"
	rm -rf "$3"
	mvn -B -q -f "$2" dependency:copy-dependencies \
		-DoutputDirectory="$3" 9>&- 2>&1 | sed "s/\x1b\[[0-9;]*m//g" ||
		die $EX_UNAVAILABLE "could not download the jars of $1"
	# Elasticsearch 8 takes HTTP only with a class loader of its own.
	if [[ $1 = elasticsearch8 ]]; then
		mkdir "$3/http"
		mv "$3"/netty-*.jar "$3"/transport-*.jar "$3/http"
	fi
	touch "$3/complete"
}

# Processes

# Every server carries its folder on its command line. A pid that was given to
# another program since does not.
pid_of() { # SERVER: prints its pid, false if it does not run
	local pid
	pid=$(stored "$1/pid" '')
	[[ -n $pid && -r /proc/$pid/cmdline ]] || return 1
	tr '\0' '\n' <"/proc/$pid/cmdline" 2>/dev/null |
		grep -Fqx -- "-Dtocsin.local=$DATA/$1" || return 1
	echo "$pid"
}

launch() { # SERVER JAVA-ARGUMENT...
	local home=$DATA/$1
	[[ ! -e $home/server.log ]] || mv -f "$home/server.log" "$home/server.log.1"
	setsid java -Dtocsin.local="$home" \
		-Dlog4j2.configurationFile="$LOCAL/servers/log4j2.properties" \
		-Dlog4j2.disable.jmx=true "${@:2}" \
		</dev/null >"$home/server.log" 2>&1 9>&- &
	echo $! >"$home/pid"
}

stop() { # SERVER
	local pid end=$((SECONDS + STOP_SECONDS))
	if ! pid=$(pid_of "$1"); then
		echo "$1 is not running"
		rm -f "$DATA/$1/pid"
		return
	fi
	kill -TERM "$pid"
	kill -CONT "$pid" 2>/dev/null || true
	while pid_of "$1" >/dev/null; do
		if ((SECONDS >= end)); then
			echo "$1 does not stop, killing it"
			kill -KILL "$pid" 2>/dev/null || true
			end=$((SECONDS + STOP_SECONDS))
		fi
		sleep 0.1
	done
	rm -f "$DATA/$1/pid"
	echo "$1 stopped"
}

# Ports

answers() { # SERVER: true if it serves requests
	local port
	port=$(stored "$1/port" '')
	[[ -n $port ]] || return 1
	if [[ $1 = kafka ]]; then
		kafka_answers "$port"
	else
		curl -sf --noproxy '*' --max-time 3 -o /dev/null \
			"http://127.0.0.1:$port/_cluster/health?wait_for_status=yellow&timeout=2s"
	fi
}

# Asks for the supported versions (ApiVersions 0, correlation id 1). A broker
# answers once it may serve clients; the id comes back as bytes 4 to 7.
kafka_answers() { # PORT
	local answer
	# shellcheck disable=SC2016 # $1 and 3 belong to the inner shell
	answer=$(timeout 3 bash -c '
		exec 3<>"/dev/tcp/127.0.0.1/$1" || exit 1
		printf "\0\0\0\012\0\022\0\0\0\0\0\001\377\377" >&3
		head -c 8 <&3 | od -An -tx1 -j4' - "$1" 2>/dev/null) || return 1
	[[ $answer = " 00 00 00 01" ]]
}

port_is_taken() { # PORT
	(exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

free_port() { # below the range that outgoing connections take theirs from
	local port
	while :; do
		port=$((20000 + (RANDOM << 15 | RANDOM) % 12000))
		port_is_taken "$port" || break
	done
	echo "$port"
}

# What people read

address_of() { # SERVER
	local port
	port=$(stored "$1/port" '')
	if [[ $1 = kafka ]]; then
		echo "127.0.0.1:$port"
	else
		echo "http://127.0.0.1:$port"
	fi
}

report() { # SERVER: prints one line, false if the server is not up
	local pid
	if ! pid=$(pid_of "$1"); then
		printf '%-13s  stopped\n' "$1"
		return 1
	fi
	if ! answers "$1"; then
		printf '%-13s  %-22s  pid %-7s  does not answer\n' \
			"$1" "$(address_of "$1")" "$pid"
		return 1
	fi
	printf '%-13s  %-22s  pid %-7s  up\n' "$1" "$(address_of "$1")" "$pid"
}
