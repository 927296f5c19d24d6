using System.Collections.Frozen;
using System.Globalization;
using System.Reflection;

namespace Krewe.Member.Database;

/// <summary>
/// The SQL schema. Steps build the tables; each is applied once, in order, and never changed after a release. A new step must leave nodes
/// of the previous release working. Queries are those that Orleans' ADO.NET providers look up by name.
/// </summary>
internal static class DatabaseSchema
{
    /// <summary>The steps: numbers from 1, names and SQL.</summary>
    public static IReadOnlyList<(int Number, string Name, string Sql)> Steps { get; } =
    [
        .. Read("Steps/").OrderBy(step => step.Name, StringComparer.Ordinal)
            .Select(step => (int.Parse(step.Name.AsSpan(0, 3), CultureInfo.InvariantCulture), step.Name[4..], step.Text)),
    ];

    /// <summary>The queries, by the provider's name for them.</summary>
    public static FrozenDictionary<string, string> Queries { get; } =
        Read("Queries/").ToFrozenDictionary(query => query.Name, query => query.Text.TrimEnd());

    /// <summary>The number of the last step.</summary>
    public static int Version => Steps[^1].Number;

    private static IEnumerable<(string Name, string Text)> Read(string folder)
    {
        var assembly = Assembly.GetExecutingAssembly();
        foreach (var name in assembly.GetManifestResourceNames().Where(name => name.StartsWith(folder, StringComparison.Ordinal)))
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
            yield return (name[folder.Length..], reader.ReadToEnd());
        }
    }
}
