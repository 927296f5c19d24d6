using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;

namespace Krewe.Member;

/// <summary>Says what a socket's error means for its connection.</summary>
internal static class SocketFault
{
    /// <summary>A reset where the other side broke the connection, otherwise an abort: this side did.</summary>
    public static Exception Of(Exception error) => error is SocketException { SocketErrorCode: SocketError.ConnectionReset or SocketError.Shutdown }
        ? new ConnectionResetException(error.Message, error)
        : new ConnectionAbortedException(error.Message, error);
}
