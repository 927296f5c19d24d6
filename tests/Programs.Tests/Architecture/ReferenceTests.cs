using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace Krewe.Programs.Tests.Architecture;

/// <summary>Who may know whom, over any number of steps; see docs/architecture.md.</summary>
public sealed class ReferenceTests
{
    private static readonly string[] OfOurs =
        [.. Directory.EnumerateFiles(AppContext.BaseDirectory, "Krewe.*.dll").Select(file => Path.GetFileNameWithoutExtension(file))];

    /// <summary>An assembly, and names (and beginnings of names) that it must not know.</summary>
    public static TheoryData<string, string> Rules { get; } = ToData(
        ("Krewe.Serving", ["Krewe.Api", "Krewe.Launch", "Microsoft.AspNetCore", "Orleans"]),
        ("Krewe.Access", ["Krewe.Api", "Krewe.Client", "Krewe.Grains", "Krewe.Launch", "Krewe.Member", "Krewe.Serving", "Npgsql"]),
        ("Krewe.Api", ["Krewe.Access", "Krewe.Serving", "Microsoft.ML.OnnxRuntime", "Orleans"]),
        ("Krewe.Telemetry", ["Krewe.Abstractions", "Microsoft.AspNetCore", "Orleans"]),
        ("Krewe.Grains.Interfaces", ["Krewe.Api", "Krewe.Client", "Krewe.Launch", "Krewe.Serving", "Npgsql", "Orleans.Runtime"]),
        ("Krewe.Client", ["Krewe.Api", "Krewe.Grains", "Krewe.Launch", "Krewe.Placement", "Krewe.Serving", "Krewe.Telemetry", "Npgsql", "Orleans.Runtime"]),
        ("Krewe.Client.PostgreSql", ["Krewe.Api", "Krewe.Grains", "Krewe.Placement", "Krewe.Serving", "Microsoft.AspNetCore"]),
        ("Krewe.Placement", ["Krewe.Api", "Krewe.Grains", "Krewe.Member", "Krewe.Serving", "Npgsql"]),
        ("Krewe.Grains", ["Krewe.Access", "Krewe.Api", "Krewe.Launch", "Krewe.Member", "Microsoft.AspNetCore", "Npgsql"]),
        ("Krewe.Member", ["Krewe.Access", "Krewe.Api", "Krewe.Grains", "Krewe.Launch", "Krewe.Serving", "Microsoft.ML.OnnxRuntime"]),
        ("Krewe.Launch", ["Krewe.Grains", "Krewe.Serving", "Microsoft.ML.OnnxRuntime"]),
        ("Krewe.Gateway", ["Krewe.Grains", "Krewe.Serving", "Krewe.Silo", "Microsoft.ML.OnnxRuntime"]),
        ("Krewe.Silo", ["Krewe.Gateway"]));

    [Theory]
    [MemberData(nameof(Rules))]
    public void It_does_not_know(string assembly, string forbidden) => Assert.DoesNotContain(forbidden, Known(assembly));

    [Fact]
    public void The_shared_words_know_only_the_base_library() =>
        Assert.All(ReferencesOf("Krewe.Abstractions"), static reference => Assert.StartsWith("System.", reference));

    [Fact]
    public void Rollouts_know_only_the_shared_words_beside_the_base_library() => Assert.All(
        ReferencesOf("Krewe.Rollouts"), static reference => Assert.True(reference == "Krewe.Abstractions" || reference.StartsWith("System.", StringComparison.Ordinal), reference));

    /// <summary>A rule about a name that nobody has would hold whatever happened.</summary>
    [Theory]
    [MemberData(nameof(Rules))]
    public void The_rule_would_see_that_it_does(string assembly, string forbidden)
    {
        Assert.Contains(assembly, OfOurs);
        Assert.Contains(OfOurs, other => Known(other).Contains(forbidden));
    }

    [Fact]
    public void What_is_known_by_way_of_others_counts() => Assert.Contains("Microsoft.ML.OnnxRuntime", Known("Krewe.Silo"));

    private static TheoryData<string, string> ToData(params (string Assembly, string[] Forbidden)[] rules)
    {
        var data = new TheoryData<string, string>();
        foreach (var (assembly, forbidden) in rules)
        {
            Array.ForEach(forbidden, name => data.Add(assembly, name));
        }

        return data;
    }

    /// <summary>
    /// All that an assembly refers to, itself or by way of others of ours. Of those that are not ours, beginnings of names count as
    /// names: <c>Orleans.Core</c> is <c>Orleans</c> too.
    /// </summary>
    private static HashSet<string> Known(string assembly)
    {
        var known = new HashSet<string>();
        var unread = new Stack<string>([assembly]);
        while (unread.TryPop(out var next))
        {
            foreach (var reference in ReferencesOf(next).Where(known.Add))
            {
                if (OfOurs.Contains(reference))
                {
                    unread.Push(reference);
                }
            }
        }

        known.UnionWith(known.Where(name => !OfOurs.Contains(name)).SelectMany(Beginnings).ToArray());
        return known;
    }

    private static IEnumerable<string> Beginnings(string name) =>
        Enumerable.Range(0, name.Length).Where(i => name[i] == '.').Select(i => name[..i]);

    private static List<string> ReferencesOf(string assembly)
    {
        using var file = new PEReader(File.OpenRead(Path.Combine(AppContext.BaseDirectory, assembly + ".dll")));
        var metadata = file.GetMetadataReader();
        return [.. metadata.AssemblyReferences.Select(handle => metadata.GetString(metadata.GetAssemblyReference(handle).Name))];
    }
}
