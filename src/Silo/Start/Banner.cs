using System.Reflection;
using Krewe.Abstractions.Hosting;
using Krewe.Launch.Http;
using Krewe.Launch.Settings;

namespace Krewe.Silo.Start;

/// <summary>The messages after startup: addresses, models, and for a single process a sample call.</summary>
internal static class Banner
{
    private const int MaxProblems = 10;

    public static async Task<IReadOnlyList<string>> ReadAsync(SiloServer server)
    {
        var versions = await server.Local.ListAsync(CancellationToken.None);
        return
        [
            $"Krewe {Assembly.GetExecutingAssembly().GetName().Version?.ToString(3)}",
            .. MemorySettings.Report(),
            .. server.Options.IsAlone ? await OneProcessAsync(server, versions) : Member(server, versions),
            "Ctrl-C stops.",
        ];
    }

    /// <summary>The models found in the folder, and their problems.</summary>
    internal static IEnumerable<string> Findings(string folder, IReadOnlyList<ModelVersionStatus> versions)
    {
        var problems = versions.Where(version => version.State == VersionState.Failed || version.Version is null).ToList();
        var found = $"Models in {folder}: {Count(versions.Select(version => version.Name).Distinct().Count(), "model")}, "
            + Count(versions.Count(version => version.Version is not null), "version");
        yield return problems.Count == 0 ? found : $"{found}, {problems.Count} with problems:";
        foreach (var problem in problems.Take(MaxProblems))
        {
            var name = $"{problem.Name}{(problem.Version is { } version ? $"/{version}" : "")}";
            yield return $"  {name}: {problem.Reason.ReplaceLineEndings(" ")}";
        }

        if (problems.Count > MaxProblems)
        {
            yield return $"  and {problems.Count - MaxProblems} more: POST /v2/repository/index lists them";
        }
    }

    private static IEnumerable<string> Member(SiloServer server, IReadOnlyList<ModelVersionStatus> versions) =>
    [
        $"Silo {server.Options.Name} ready: {server.Options.EngineEndpoint} in cluster {server.Options.Member.ClusterId}, "
            + $"{Count(versions.Count(version => version.Version is not null), "version")} in {server.Options.Krewe.Models}",
        .. Settling(server),
        Admin(server),
        .. Api(server),
    ];

    private static async Task<IEnumerable<string>> OneProcessAsync(SiloServer server, IReadOnlyList<ModelVersionStatus> versions)
    {
        var callable = HttpAddress.Callable(server.ApiAddress!);
        var call = server.Options.Access.IsOn || server.Options.Api.Tls is not null ? null
            : await SampleCall.FindAsync(server.Host, versions, callable, CancellationToken.None);
        return
        [
            .. Api(server),
            Admin(server),
            .. HttpAddress.Keys(server.Options.Access),
            $"Internal endpoint of Orleans, closed to others: {server.Options.EngineEndpoint}",
            .. Findings(server.Options.Krewe.Models, versions),
            .. Settling(server),
            $"Documentation: {callable}docs",
            .. call is null ? (IEnumerable<string>)[] : ["Try:", "  " + call],
        ];
    }

    private static IEnumerable<string> Settling(SiloServer server) =>
        server.Settling is { Length: > 0 } reason ? [$"Not ready yet: {reason}; the number of models is logged then"] : [];

    private static string Admin(SiloServer server) =>
        $"Admin on {server.AdminAddress.GetLeftPart(UriPartial.Authority)} (dashboard: "
            + $"{HttpAddress.Callable(server.AdminAddress)}dashboard)";

    private static IEnumerable<string> Api(SiloServer server) =>
    [
        .. server.ApiAddress is { } api ? [HttpAddress.Listening(api)] : (IEnumerable<string>)[],
        .. HttpAddress.Grpc(server.GrpcAddress),
        .. server.ApiAddress is null && server.GrpcAddress is null ? [] : HttpAddress.Warnings(server.Options),
    ];

    private static string Count(int number, string noun) => number == 1 ? $"1 {noun}" : $"{number} {noun}s";
}
