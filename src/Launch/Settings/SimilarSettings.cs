using Krewe.Abstractions.Errors;

namespace Krewe.Launch.Settings;

/// <summary>Which setting somebody meant who wrote another name.</summary>
internal static class SimilarSettings
{
    private static readonly char[] Separators = ['-', '_'];

    /// <summary>
    /// The nearest names; where none is near, those that have all words of the one given, as 'http-port' has those of 'port'.
    /// </summary>
    public static IReadOnlyList<string> Find(string name, IEnumerable<string> known)
    {
        var names = known.ToList();
        var words = name.Split(Separators);
        return NearestNames.Find(name, names) is { Count: > 0 } near
            ? near
            : [.. names.Where(other => words.All(word => other.Split(Separators).Contains(word, StringComparer.OrdinalIgnoreCase)))
                .Take(3)];
    }

    /// <summary>The question that ends a message; nothing where there is no name to ask for.</summary>
    public static string Ask(IEnumerable<string> meant) =>
        meant.ToList() is { Count: > 0 } names ? $": did you mean {string.Join(" or ", names)}?" : "";
}
