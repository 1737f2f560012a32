import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ScramCredentialInfo;
import org.apache.kafka.clients.admin.ScramMechanism;
import org.apache.kafka.clients.admin.UserScramCredentialUpsertion;

/** Gives a user a password for one mechanism: BROKERS USER SCRAM-SHA-...; the
 * password is the first line of the standard input. */
class AddScramUser {
    public static void main(String[] words) throws Exception {
        String password = new java.io.BufferedReader(
            new java.io.InputStreamReader(System.in)).readLine();
        ScramMechanism mechanism =
            ScramMechanism.fromMechanismName(words[2]);
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", words[0]))) {
            admin.alterUserScramCredentials(List.of(
                new UserScramCredentialUpsertion(words[1],
                    new ScramCredentialInfo(mechanism, 4096), password)))
                .all().get();
        }
    }
}
