using System.Reflection;
using Krewe.Launch;

namespace Krewe.Silo;

/// <summary>What a person, or a script, sees once the silo serves.</summary>
internal static class Banner
{
    public static async Task WriteAsync(TextWriter output, SiloServer server)
    {
        var versions = await server.Local.ListAsync(CancellationToken.None);
        var count = versions.Count(static version => version.Version is not null);
        var admin = server.AdminAddress.GetLeftPart(UriPartial.Authority);
        List<string> lines =
        [
            $"Krewe {Assembly.GetExecutingAssembly().GetName().Version?.ToString(3)}",
            $"Silo {server.Place.Name} ready: {server.Place.Address} in cluster {server.Options.ClusterId}, {count} versions in {server.Options.Models}",
            $"Admin on {admin} (dashboard: {HttpAddress.Callable(server.AdminAddress)}dashboard)",
        ];
        if (server.ApiAddress is { } api)
        {
            lines.Add(HttpAddress.Listening(api));
            lines.AddRange(HttpAddress.Warnings(server.Options.Bind));
        }

        lines.Add("Ctrl-C stops.");
        await output.WriteLineAsync(string.Join(Environment.NewLine, lines));
        await output.FlushAsync();
    }
}
