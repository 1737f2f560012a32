"""What end-to-end tests are made of: real servers, daemons, files, webhooks."""

from .config import to_libconfig
from .daemon import Daemon, run_tocsin
from .kafka import Kafka
from .ndjson import from_ndjson
from .pipeline import Pipeline
from .receiver import Receiver
from .search import Search
from .stack import Stack
from .waiting import free_port, wait_until
from .writer import Writer, run_traffic

__all__ = ["Daemon", "Kafka", "Pipeline", "Receiver", "Search", "Stack",
           "Writer", "free_port", "from_ndjson", "run_tocsin", "run_traffic", "to_libconfig",
           "wait_until"]
