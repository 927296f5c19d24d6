using System.Reflection;
using Krewe.Abstractions;
using Krewe.Launch;

namespace Krewe.Standalone;

/// <summary>What a person sees once the program serves: where, what, and a line to try.</summary>
internal static class Banner
{
    private const int MaxProblems = 10;

    public static async Task WriteAsync(TextWriter output, StandaloneServer server)
    {
        var versions = await server.Host.ListAsync(CancellationToken.None);
        List<string> lines =
        [
            $"Krewe {Assembly.GetExecutingAssembly().GetName().Version?.ToString(3)}",
            HttpAddress.Listening(server.Address),
            .. HttpAddress.Warnings(server.Options.Bind),
            .. Findings(server.Options.Models, versions),
        ];
        var callable = HttpAddress.Callable(server.Address);
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

    private static string Count(int number, string noun) => number == 1 ? $"1 {noun}" : $"{number} {noun}s";
}
