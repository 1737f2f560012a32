import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ScramCredentialInfo;
import org.apache.kafka.clients.admin.ScramMechanism;
import org.apache.kafka.clients.admin.UserScramCredentialAlteration;
import org.apache.kafka.clients.admin.UserScramCredentialUpsertion;

/** Gives a user a password for all mechanisms of SCRAM: BROKERS USER; the
 * password is the first line of the standard input. */
class AddScramUser {
    private static UserScramCredentialAlteration of(
            String user, ScramMechanism mechanism, String password) {
        return new UserScramCredentialUpsertion(
            user, new ScramCredentialInfo(mechanism, 4096), password);
    }

    public static void main(String[] words) throws Exception {
        String password = new java.io.BufferedReader(
            new java.io.InputStreamReader(System.in)).readLine();
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", words[0]))) {
            admin.alterUserScramCredentials(List.of(
                of(words[1], ScramMechanism.SCRAM_SHA_256, password),
                of(words[1], ScramMechanism.SCRAM_SHA_512, password)))
                .all().get();
        }
    }
}
