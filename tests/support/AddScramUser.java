import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ScramCredentialInfo;
import org.apache.kafka.clients.admin.ScramMechanism;
import org.apache.kafka.clients.admin.UserScramCredentialUpsertion;

/** Gives a user a password for all mechanisms of SCRAM: BROKERS USER; the
 * password is the first line of the standard input. */
class AddScramUser {
    public static void main(String[] words) throws Exception {
        String password = new java.io.BufferedReader(
            new java.io.InputStreamReader(System.in)).readLine();
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", words[0]))) {
            for (ScramMechanism mechanism : List.of(
                    ScramMechanism.SCRAM_SHA_256,
                    ScramMechanism.SCRAM_SHA_512)) {
                admin.alterUserScramCredentials(List.of(
                    new UserScramCredentialUpsertion(words[1],
                        new ScramCredentialInfo(mechanism, 4096), password)))
                    .all().get();
            }
        }
    }
}
