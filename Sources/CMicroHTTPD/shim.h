#include <microhttpd.h>

/* Functions with variable arguments, which Swift cannot call. */
static inline struct MHD_Daemon *at_http_start(int listener, unsigned int threads, unsigned int connections,
                                               unsigned int idle_seconds, MHD_AccessHandlerCallback handle,
                                               MHD_RequestCompletedCallback completed,
                                               MHD_NotifyConnectionCallback notify, void *context) {
  return MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD, 0, NULL, NULL, handle, context, MHD_OPTION_LISTEN_SOCKET,
                          listener, MHD_OPTION_THREAD_POOL_SIZE, threads, MHD_OPTION_CONNECTION_LIMIT, connections,
                          MHD_OPTION_CONNECTION_TIMEOUT, idle_seconds, MHD_OPTION_NOTIFY_COMPLETED, completed, context,
                          MHD_OPTION_NOTIFY_CONNECTION, notify, context, MHD_OPTION_END);
}

static inline int at_http_socket(struct MHD_Connection *connection) {
  const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
  return info ? (int)info->connect_fd : -1;
}
