using System.Net.Sockets;
using Krewe.Abstractions;
using Microsoft.Extensions.Options;

namespace Krewe.Standalone;

/// <summary>Says in one line why the program could not start.</summary>
internal static class StartFailure
{
    /// <summary>The reason; null for a failure nobody foresaw, which keeps its stack trace.</summary>
    public static string? Describe(Exception error, StandaloneOptions options) => error switch
    {
        KreweException known => known.Message,
        OperationCanceledException => "stopped before it had started",
        OptionsValidationException invalid => string.Join("; ", invalid.Failures),
        _ when SocketErrorOf(error) is { } socketError => DescribeSocket(socketError, options),
        _ => null,
    };

    private static string DescribeSocket(SocketError error, StandaloneOptions options) => error switch
    {
        SocketError.AddressAlreadyInUse =>
            $"port {options.HttpPort} on {options.Bind} is in use: stop what listens there, or choose another with --http-port",
        SocketError.AccessDenied =>
            $"no permission to listen on port {options.HttpPort}: choose one above 1023 with --http-port",
        SocketError.AddressNotAvailable =>
            $"{options.Bind} is no address of this machine: choose one with --bind",
        SocketError.AddressFamilyNotSupported =>
            $"this machine has no network for the address {options.Bind}: choose another with --bind",
        _ => $"cannot listen on {options.Bind} port {options.HttpPort}: {error}",
    };

    private static SocketError? SocketErrorOf(Exception? error)
    {
        for (; error is not null; error = error.InnerException)
        {
            if (error is SocketException socket)
            {
                return socket.SocketErrorCode;
            }
        }

        return null;
    }
}
