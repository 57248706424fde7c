/* What the official busybox image has and Debian's has not: `cp FROM TO`, and `tcpsvd -E -c N IP PORT PROG ARGS…`, a process for each connection. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static int fail(const char *what) { perror(what); return 111; }

static int cp(const char *from, const char *to) {
  int in = open(from, O_RDONLY), out = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0755);
  if (in < 0 || out < 0) return fail(in < 0 ? from : to);
  char buffer[65536];
  for (ssize_t got; (got = read(in, buffer, sizeof buffer)) > 0;) if (write(out, buffer, got) != got) return fail(to);
  return 0;
}

static int tcpsvd(char **args) {
  int max = 30, open_connections = 0;
  for (; args[0] && args[0][0] == '-'; args++) if (strcmp(args[0], "-c") == 0) max = atoi(*++args);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(atoi(args[1]))};
  inet_pton(AF_INET, args[0], &address.sin_addr);
  int listener = socket(AF_INET, SOCK_STREAM, 0), yes = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (bind(listener, (struct sockaddr *)&address, sizeof address) < 0 || listen(listener, 20) < 0) return fail("listen");
  for (;;) {
    while (open_connections > 0 && waitpid(-1, NULL, open_connections >= max ? 0 : WNOHANG) > 0) open_connections--;
    int connection = accept(listener, NULL, NULL);
    if (connection < 0) continue;
    open_connections++;
    if (fork() == 0) {
      dup2(connection, 0);
      dup2(connection, 1);
      close(connection);
      close(listener);
      execvp(args[2], args + 2);
      _exit(fail(args[2]));
    }
    close(connection);
  }
}

int main(int count, char **args) {
  if (count == 4 && strcmp(args[1], "cp") == 0) return cp(args[2], args[3]);
  if (count > 5 && strcmp(args[1], "tcpsvd") == 0) return tcpsvd(args + 2);
  return 127;
}
