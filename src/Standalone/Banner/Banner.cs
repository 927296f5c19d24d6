using System.Net;
using System.Reflection;
using Krewe.Abstractions;

namespace Krewe.Standalone;

/// <summary>What a person sees once the program serves: where, what, and a line to try.</summary>
internal static class Banner
{
    private const int MaxProblems = 10;

    public static async Task WriteAsync(TextWriter output, StandaloneServer server)
    {
        var versions = await server.Host.ListAsync(CancellationToken.None);
        var lines = new List<string>
        {
            $"Krewe {Assembly.GetExecutingAssembly().GetName().Version?.ToString(3)}",
            $"Listening on {server.Address.GetLeftPart(UriPartial.Authority)}",
        };
        if (!IPAddress.IsLoopback(server.Options.Bind))
        {
            lines.Add("WARNING: everybody who reaches this address can call, load and unload models: there is no authentication");
        }

        lines.AddRange(Findings(server.Options.Models, versions));
        var callable = Callable(server.Address);
        lines.Add($"Documentation: {callable}docs");
        if (await SampleCall.FindAsync(server.Host, versions, callable, CancellationToken.None) is { } call)
        {
            lines.Add("Try:");
            lines.Add("  " + call);
        }

        lines.Add("Ctrl-C stops.");
        await output.WriteLineAsync(string.Join(Environment.NewLine, lines));
        await output.FlushAsync();
    }

    /// <summary>What was found in the folder, with its problems, as lines.</summary>
    internal static IEnumerable<string> Findings(string folder, IReadOnlyList<ModelVersionStatus> versions)
    {
        var problems = versions.Where(version => version.State == VersionState.Failed || version.Version is null).ToList();
        var found = $"Models in {folder}: {Count(versions.Select(version => version.Name).Distinct().Count(), "model")}, "
            + Count(versions.Count(version => version.Version is not null), "version");
        yield return problems.Count == 0 ? found : $"{found}, {problems.Count} with problems:";
        foreach (var problem in problems.Take(MaxProblems))
        {
            yield return $"  {problem.Name}{(problem.Version is { } version ? $"/{version}" : "")}: {problem.Reason}";
        }

        if (problems.Count > MaxProblems)
        {
            yield return $"  and {problems.Count - MaxProblems} more: POST /v2/repository/index lists them";
        }
    }

    /// <summary>An address to call: 'any address' is none.</summary>
    internal static Uri Callable(Uri address) => address.Host switch
    {
        "0.0.0.0" => new UriBuilder(address) { Host = "127.0.0.1" }.Uri,
        "[::]" => new UriBuilder(address) { Host = "[::1]" }.Uri,
        _ => address,
    };

    private static string Count(int number, string noun) => number == 1 ? $"1 {noun}" : $"{number} {noun}s";
}
