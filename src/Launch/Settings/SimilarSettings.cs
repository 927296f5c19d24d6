using Krewe.Abstractions.Errors;

namespace Krewe.Launch.Settings;

/// <summary>Suggests settings for an unknown name.</summary>
internal static class SimilarSettings
{
    private static readonly char[] Separators = ['-', '_'];

    /// <summary>
    /// The most similar names; without any, those that contain all words of the given one, as 'http-port' contains 'port'.
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

    /// <summary>The question at the end of a message; empty without suggestions.</summary>
    public static string Ask(IEnumerable<string> meant) =>
        meant.ToList() is { Count: > 0 } names ? $": did you mean {string.Join(" or ", names)}?" : "";
}
