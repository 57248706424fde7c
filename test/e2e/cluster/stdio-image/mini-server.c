/* A stdio MCP server for an image that holds nothing else: it counts its calls, and says by whose process it was answered. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The bytes of the message's id, as they were sent; the bridge sends it at the top, and ours hold no comma. */
static const char *id_of(const char *line, int *length) {
  const char *found = strstr(line, "\"id\":");
  if (!found) return NULL;
  found += 5;
  *length = (int)strcspn(found, ",}");
  return found;
}

int main(void) {
  char *line = NULL;
  size_t room = 0;
  int calls = 0;
  while (getline(&line, &room, stdin) > 0) {
    int length = 0;
    const char *id = id_of(line, &length);
    if (!id) continue;
    printf("{\"jsonrpc\":\"2.0\",\"id\":%.*s,", length, id);
    if (strstr(line, "\"initialize\"")) printf("\"result\":{\"protocolVersion\":\"2025-06-18\",\"capabilities\":{\"tools\":{}},\"serverInfo\":{\"name\":\"mini\",\"version\":\"1\"}}}\n");
    else if (strstr(line, "\"tools/call\"")) printf("\"result\":{\"content\":[{\"type\":\"text\",\"text\":\"%s %d %d\"}]}}\n", getenv("GREETING"), getpid(), ++calls);
    else if (strstr(line, "\"tools/list\"")) printf("\"result\":{\"tools\":[{\"name\":\"count\",\"inputSchema\":{\"type\":\"object\"}}]}}\n");
    else if (strstr(line, "\"ping\"")) printf("\"result\":{}}\n");
    else printf("\"error\":{\"code\":-32601,\"message\":\"method not found\"}}\n");
    fflush(stdout);
  }
  /* As servers do whose loop is kept alive by something else. */
  while (getenv("OUTLIVE")) pause();
  return 0;
}
