"""Changing topics as an operator would: librdkafka's admin calls, since kcat
has none."""

import ctypes

from .waiting import wait_until

_PRODUCER = 0
_TOPIC = 2
_TIMEOUT_MS = 15000
_TEXT_BYTES = 512


class Topics:
    def __init__(self, kafka, brokers):
        self._kafka = kafka
        self._brokers = brokers
        self._lib = ctypes.CDLL("librdkafka.so.1")
        for name in ("conf_new", "new", "queue_new", "queue_poll",
                     "NewPartitions_new", "ConfigResource_new"):
            self._call(name).restype = ctypes.c_void_p
        self._call("event_error_string").restype = ctypes.c_char_p

    def add_partitions(self, topic, total):
        text = ctypes.create_string_buffer(_TEXT_BYTES)
        wanted = ctypes.c_void_p(self._call("NewPartitions_new")(
            topic.encode(), ctypes.c_size_t(total), text,
            ctypes.c_size_t(_TEXT_BYTES)))
        self._ask("CreatePartitions", wanted)
        wait_until(lambda: self._kafka.topics()[topic] == total, 30,
                   f"{total} partitions")

    def set_configs(self, topic, configs):
        """These and no others."""
        resource = ctypes.c_void_p(self._call("ConfigResource_new")(
            _TOPIC, topic.encode()))
        for name, value in configs.items():
            assert self._call("ConfigResource_set_config")(
                resource, name.encode(), str(value).encode()) == 0
        self._ask("AlterConfigs", resource)

    def _call(self, name):
        return getattr(self._lib, "rd_kafka_" + name)

    def _client(self):
        text = ctypes.create_string_buffer(_TEXT_BYTES)
        conf = ctypes.c_void_p(self._call("conf_new")())
        self._call("conf_set")(conf, b"bootstrap.servers",
                               self._brokers.encode(), text,
                               ctypes.c_size_t(_TEXT_BYTES))
        return ctypes.c_void_p(self._call("new")(
            _PRODUCER, conf, text, ctypes.c_size_t(_TEXT_BYTES)))

    def _ask(self, call, wanted):
        client = self._client()
        queue = ctypes.c_void_p(self._call("queue_new")(client))
        self._call(call)(client, ctypes.byref(wanted), ctypes.c_size_t(1),
                         None, queue)
        event = ctypes.c_void_p(self._call("queue_poll")(queue, _TIMEOUT_MS))
        assert event, f"{call}: no answer"
        assert self._call("event_error")(event) == 0, \
            self._call("event_error_string")(event)
        self._call("event_destroy")(event)
        self._call("queue_destroy")(queue)
        self._call("destroy")(client)
