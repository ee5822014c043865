/* The baseline in C: a blocking echo loop with a thread for each client, optionally over OpenSSL.
 *
 *     baseline PORT RECV_SIZE [CERTIFICATE KEY]
 *
 * As in the bare loop in Rust, its sockets use TCP_NODELAY, and its TLS has versions 1.2 and 1.3 and session tickets.
 * Everything else is OpenSSL's default. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static size_t recv_size;
static SSL_CTX *context; /* NULL without TLS */

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static void echo_plain(int socket, char *buffer) {
    ssize_t received;
    while ((received = recv(socket, buffer, recv_size, 0)) > 0) {
        for (ssize_t sent = 0; sent < received;) {
            ssize_t count = send(socket, buffer + sent, (size_t)(received - sent), 0);
            if (count < 0) return;
            sent += count;
        }
    }
}

static void echo_tls(int socket, char *buffer) {
    SSL *tls = SSL_new(context);
    if (!tls) return;
    size_t received, sent;
    if (SSL_set_fd(tls, socket) == 1 && SSL_accept(tls) == 1) {
        /* On a blocking socket, SSL_write_ex writes everything or fails. */
        while (SSL_read_ex(tls, buffer, recv_size, &received) == 1 &&
               SSL_write_ex(tls, buffer, received, &sent) == 1) {
        }
        /* After an error, SSL_shutdown must not be called. */
        if (SSL_get_shutdown(tls) & SSL_RECEIVED_SHUTDOWN) SSL_shutdown(tls);
    }
    ERR_clear_error();
    SSL_free(tls);
}

static void *serve(void *argument) {
    int socket = (int)(intptr_t)argument;
    char *buffer = malloc(recv_size);
    if (buffer) (context ? echo_tls : echo_plain)(socket, buffer);
    free(buffer);
    close(socket);
    return NULL;
}

static void load(const char *certificate, const char *key) {
    context = SSL_CTX_new(TLS_server_method());
    if (!context || !SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) ||
        SSL_CTX_use_certificate_chain_file(context, certificate) != 1 ||
        SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) != 1) {
        ERR_print_errors_fp(stderr);
        exit(1);
    }
}

int main(int count, char **arguments) {
    if (count != 3 && count != 5) {
        fprintf(stderr, "usage: baseline PORT RECV_SIZE [CERTIFICATE KEY]\n");
        return 2;
    }
    recv_size = strtoul(arguments[2], NULL, 10);
    if (count == 5) load(arguments[3], arguments[4]);
    signal(SIGPIPE, SIG_IGN);

    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    address.sin_port = htons((uint16_t)strtoul(arguments[1], NULL, 10));
    int on = 1, listener = socket(AF_INET, SOCK_STREAM, 0);
    if (listener < 0) fail("socket");
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) < 0) fail("bind");
    if (listen(listener, 128) < 0) fail("listen");

    pthread_attr_t detached;
    pthread_attr_init(&detached);
    pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
    for (;;) {
        int client = accept(listener, NULL, NULL);
        if (client < 0) {
            /* The client has disconnected already. */
            if (errno == ECONNABORTED) continue;
            fail("accept");
        }
        setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        pthread_t thread;
        if ((errno = pthread_create(&thread, &detached, serve, (void *)(intptr_t)client))) fail("pthread_create");
    }
}
