using System.Globalization;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Krewe.Abstractions.Errors;
using Microsoft.Extensions.Options;

namespace Krewe.Launch.Start;

/// <summary>Describes in one line why a program could not start.</summary>
internal static class StartFailure
{
    /// <summary>Maps properties of the libraries' options to this program's options, for values that only the library validates.</summary>
    private static readonly (string Property, string Option)[] OptionNames =
        [("Repository: Root ", "--models "), ("Database ", "--database "), ("AdvertisedAddress ", "--advertise ")];

    /// <summary>The reason in one line.</summary>
    public static string Describe(Exception error, IReadOnlyList<ListenEndpoint> endpoints) => (error switch
    {
        KreweException known => WithOptionNames(known.Message),
        OperationCanceledException => "stopped during startup",
        OptionsValidationException invalid => WithOptionNames(string.Join("; ", invalid.Failures)),
        _ when SocketErrorOf(error) is { } socketError => DescribeSocket(socketError, EndpointOf(error, endpoints)),
        IOException or UnauthorizedAccessException => error.Message,
        _ => $"{error.GetBaseException().Message} ({error.GetBaseException().GetType().Name}; --log-level debug shows where)",
    }).ReplaceLineEndings(" ");

    private static string WithOptionNames(string reason) => OptionNames.Aggregate(
        reason, static (text, name) =>
            Regex.Replace(text, $"(?<=^|; ){name.Property}", name.Option, RegexOptions.None, TimeSpan.FromSeconds(1)));

    /// <summary>Why an endpoint cannot be bound.</summary>
    public static string DescribeSocket(SocketError error, ListenEndpoint endpoint) => error switch
    {
        SocketError.AddressAlreadyInUse =>
            $"port {endpoint.Port} on {endpoint.Address} is in use: stop what listens there, or choose another with {endpoint.PortOption}",
        SocketError.AccessDenied =>
            $"no permission to listen on port {endpoint.Port}: choose one above 1023 with {endpoint.PortOption}",
        SocketError.AddressNotAvailable =>
            $"{endpoint.Address} is not an address of this machine: choose one with {endpoint.AddressOption}",
        SocketError.AddressFamilyNotSupported =>
            $"this machine has no network of the family of {endpoint.Address}: choose another with {endpoint.AddressOption}",
        _ => $"cannot listen on {endpoint.Address} port {endpoint.Port}: {error}",
    };

    /// <summary>Of several endpoints, the one that the exception's messages name.</summary>
    private static ListenEndpoint EndpointOf(Exception error, IReadOnlyList<ListenEndpoint> endpoints)
    {
        for (var part = error; part is not null; part = part.InnerException)
        {
            var named = endpoints.FirstOrDefault(
                endpoint => endpoint.Port != 0 && part.Message.Contains(
                    string.Create(CultureInfo.InvariantCulture, $":{endpoint.Port}"), StringComparison.Ordinal));
            if (named is not null)
            {
                return named;
            }
        }

        return endpoints[0];
    }

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
