using System.Reflection;
using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Hosting;
using Krewe.Launch.Http;

namespace Krewe.Gateway.Start;

/// <summary>What a person, or a script, sees once the gateway serves.</summary>
internal static class Banner
{
    /// <summary>The cluster's models are good to know and nothing to wait for.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    public static async Task<IReadOnlyList<string>> ReadAsync(GatewayServer server)
    {
        using var limit = new CancellationTokenSource(Patience);
        return
        [
            $"Krewe {Assembly.GetExecutingAssembly().GetName().Version?.ToString(3)}",
            $"Gateway {server.Place.Name} ready: {server.Place.Address} in cluster {server.Options.ClusterId}",
            HttpAddress.Listening(server.Address),
            .. HttpAddress.Warnings(server.Options.Bind),
            .. await ModelsAsync(server.Host, HttpAddress.Callable(server.Address), limit.Token),
            "Ctrl-C stops.",
        ];
    }

    private static async Task<IReadOnlyList<string>> ModelsAsync(IModelHost host, Uri address, CancellationToken cancellationToken)
    {
        List<string> lines = [$"Documentation: {address}docs"];
        try
        {
            var versions = await host.ListAsync(cancellationToken);
            lines.Add($"The cluster has {versions.Count(static version => version.Version is not null)} versions of models");
            if (await SampleCall.FindAsync(host, versions, address, cancellationToken) is { } call)
            {
                lines.AddRange(["Try:", "  " + call]);
            }
        }
        catch (Exception error) when (error is KreweException or OperationCanceledException)
        {
            lines.Add("The cluster has no silo that answers yet");
        }

        return lines;
    }
}
