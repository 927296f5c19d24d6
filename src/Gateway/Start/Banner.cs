using System.Net;
using System.Reflection;
using Krewe.Abstractions.Errors;
using Krewe.Launch.Http;
using Krewe.Launch.Settings;

namespace Krewe.Gateway.Start;

/// <summary>The messages after startup.</summary>
internal static class Banner
{
    /// <summary>The list of models is optional: startup does not wait longer for it.</summary>
    private static readonly TimeSpan ListTimeout = TimeSpan.FromSeconds(2);

    public static async Task<IReadOnlyList<string>> ReadAsync(GatewayServer server)
    {
        var member = server.Options.Member;
        using var timeout = new CancellationTokenSource(ListTimeout);
        return
        [
            $"Krewe {Assembly.GetExecutingAssembly().GetName().Version?.ToString(3)}",
            .. MemorySettings.Report(),
            $"Gateway {member.EffectiveSiloName} ready: {new IPEndPoint(member.AdvertisedAddress, member.SiloPort)} in cluster "
                + member.ClusterId,
            HttpAddress.Listening(server.Address),
            .. HttpAddress.Grpc(server.GrpcAddress),
            .. HttpAddress.Warnings(server.Options),
            .. HttpAddress.Keys(server.Options.Access),
            .. await ModelsAsync(server, HttpAddress.Callable(server.Address), timeout.Token),
            "Ctrl-C stops.",
        ];
    }

    private static async Task<IReadOnlyList<string>> ModelsAsync(GatewayServer server, Uri address, CancellationToken cancellationToken)
    {
        List<string> lines = [$"Documentation: {address}docs"];
        try
        {
            var versions = await server.Host.ListAsync(cancellationToken);
            lines.Add($"The cluster has {versions.Count(static version => version.Version is not null)} versions of models");
            if (!server.Options.Access.IsOn && server.Options.Api.Tls is null
                && await SampleCall.FindAsync(server.Host, versions, address, cancellationToken) is { } call)
            {
                lines.AddRange(["Try:", "  " + call]);
            }
        }
        catch (Exception error) when (error is KreweException or OperationCanceledException)
        {
            lines.Add("No silo of the cluster answers yet");
        }

        return lines;
    }
}
