import java.net.HttpURLConnection;
import java.net.URL;

/** Sends one request, and says whether the user's own option is kept. */
public class Client {
    public static void main(String[] args) throws Exception {
        var connection = (HttpURLConnection) new URL(System.getenv("PEER")).openConnection();
        connection.getInputStream().readAllBytes();
        System.out.println("own=" + System.getProperty("own"));
    }
}
