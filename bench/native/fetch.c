/* The reference: the least a program can do to bring a file over plain HTTP/1.1 to disk. One connection, recv into a
 * 1 MiB buffer, pwrite at the offset, fdatasync at the end. Usage: fetch PORT PATH FILE */
#include <arpa/inet.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static char buffer[1 << 20];

static void put(int file, const char *from, long long length, long long *at) {
  while (length > 0) {
    ssize_t written = pwrite(file, from, length, *at);
    if (written < 0) { perror("pwrite"); exit(1); }
    from += written;
    length -= written;
    *at += written;
  }
}

int main(int argc, char **argv) {
  if (argc != 4) return 2;
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(atoi(argv[1]))};
  inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
  int connection = socket(AF_INET, SOCK_STREAM, 0);
  if (connect(connection, (struct sockaddr *)&address, sizeof address)) { perror("connect"); return 1; }
  dprintf(connection, "GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n", argv[2]);
  int file = open(argv[3], O_CREAT | O_WRONLY | O_TRUNC, 0640);
  if (file < 0) { perror("open"); return 1; }
  size_t got = 0;
  char *body = NULL;
  while (!body) {
    ssize_t n = recv(connection, buffer + got, 65536 - got, 0);
    if (n <= 0) { fprintf(stderr, "no head\n"); return 1; }
    got += n;
    buffer[got] = 0;
    body = strstr(buffer, "\r\n\r\n");
  }
  body += 4;
  if (strncmp(buffer, "HTTP/1.1 200", 12)) { fprintf(stderr, "not 200\n"); return 1; }
  long long at = 0;
  put(file, body, got - (body - buffer), &at);
  for (;;) {
    ssize_t n = recv(connection, buffer, sizeof buffer, 0);
    if (n < 0) { perror("recv"); return 1; }
    if (n == 0) break;
    put(file, buffer, n, &at);
  }
  fdatasync(file);
  printf("%lld\n", at);
  return close(file);
}
