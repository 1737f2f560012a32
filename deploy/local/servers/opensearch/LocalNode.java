/* LocalNode.java - one OpenSearch node for a developer's machine
 *
 * java -cp 'lib/*' LocalNode.java HOME PORT
 *
 * OpenSearch as packages bring it has no program of its own; this is one.
 * HOME/config must exist. Serves HTTP on 127.0.0.1:PORT until SIGTERM. */

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.opensearch.common.settings.Settings;
import org.opensearch.env.Environment;
import org.opensearch.node.InternalSettingsPreparer;
import org.opensearch.node.Node;
import org.opensearch.transport.Netty4Plugin;

public final class LocalNode extends Node {
	private LocalNode(Environment environment) {
		super(environment, List.of(Netty4Plugin.class), true);
	}

	public static void main(String[] args) throws Exception {
		Settings settings = Settings.builder()
			.put("path.home", args[0])
			.put("cluster.name", "tocsin-local")
			.put("node.name", "local")
			.put("discovery.type", "single-node")
			.put("network.host", "127.0.0.1")
			.put("http.type", "netty4")
			.put("http.port", args[1])
			.put("transport.type", "netty4")
			.put("transport.port", "0")
			.put("action.auto_create_index", "true")
			.put("cluster.routing.allocation.disk.threshold_enabled", "false")
			.build();
		Environment environment = InternalSettingsPreparer.prepareEnvironment(
			settings, Map.of(), Path.of(args[0], "config"), () -> "local");
		LocalNode node = new LocalNode(environment);
		CountDownLatch stopped = new CountDownLatch(1);
		Runtime.getRuntime().addShutdownHook(new Thread(() -> {
			try {
				node.close();
			} catch (Exception e) {
				e.printStackTrace();
			}
			stopped.countDown();
		}));
		node.start();
		stopped.await();
	}
}
