/* libh2o with a constant answer, one loop a thread, SO_REUSEPORT: h2o PORT THREADS */
#define H2O_USE_LIBUV 0
#include <h2o.h>
#include <h2o/http1.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static int port;

static int answer(h2o_handler_t* self, h2o_req_t* req) {
  (void)self;
  static const char body[] = "{\"model_name\":\"m\",\"model_version\":\"1\",\"outputs\":[]}";
  static h2o_generator_t generator = {NULL, NULL};
  h2o_iovec_t out = {(char*)body, sizeof body - 1};
  req->res.status = 200;
  req->res.reason = "OK";
  req->res.content_length = sizeof body - 1;
  h2o_add_header(&req->pool, &req->res.headers, H2O_TOKEN_CONTENT_TYPE, NULL, H2O_STRLIT("application/json"));
  h2o_start_response(req, &generator);
  h2o_send(req, &out, 1, 1);
  return 0;
}

struct server {
  h2o_globalconf_t config;
  h2o_context_t context;
  h2o_accept_ctx_t accept;
};

static void on_accept(h2o_socket_t* listener, const char* error) {
  struct server* s = listener->data;
  if (error != NULL) return;
  h2o_socket_t* socket = h2o_evloop_socket_accept(listener);
  if (socket != NULL) h2o_accept(&s->accept, socket);
}

static void* serve(void* unused) {
  (void)unused;
  struct server* s = calloc(1, sizeof *s);
  h2o_config_init(&s->config);
  h2o_hostconf_t* host = h2o_config_register_host(&s->config, h2o_iovec_init(H2O_STRLIT("default")), 65535);
  h2o_pathconf_t* path = h2o_config_register_path(host, "/", 0);
  h2o_create_handler(path, sizeof(h2o_handler_t))->on_req = answer;
  h2o_context_init(&s->context, h2o_evloop_create(), &s->config);
  s->accept.ctx = &s->context;
  s->accept.hosts = s->config.hosts;
  struct sockaddr_in address;
  memset(&address, 0, sizeof address);
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons((uint16_t)port);
  int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
  if (bind(fd, (struct sockaddr*)&address, sizeof address) != 0 || listen(fd, 1024) != 0) exit(1);
  h2o_socket_t* listener = h2o_evloop_socket_create(s->context.loop, fd, H2O_SOCKET_FLAG_DONT_READ);
  listener->data = s;
  h2o_socket_read_start(listener, on_accept);
  while (h2o_evloop_run(s->context.loop, 1000) == 0) {
  }
  return NULL;
}

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  port = atoi(argv[1]);
  pthread_t threads[64];
  int count = atoi(argv[2]) < 64 ? atoi(argv[2]) : 64;
  for (int i = 0; i < count; ++i) pthread_create(&threads[i], NULL, serve, NULL);
  for (int i = 0; i < count; ++i) pthread_join(threads[i], NULL);
}
