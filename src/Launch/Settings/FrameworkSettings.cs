using Krewe.Access.Settings;

namespace Krewe.Launch.Settings;

/// <summary>
/// Settings under .NET's own names: <c>Authentication:Schemes:Bearer:…</c>, in the environment with <c>__</c> for <c>:</c>.
/// </summary>
internal static class FrameworkSettings
{
    private const string Root = "Authentication";
    private static readonly string Variables = TokenOptions.Section.Replace(":", "__", StringComparison.Ordinal) + "__";

    /// <summary>Whether a member of a settings file is such a section.</summary>
    public static bool IsSection(string name) => name.Equals(Root, StringComparison.OrdinalIgnoreCase);

    /// <summary>Takes a setting of a file; false for one of ours.</summary>
    public static bool TryTake(object options, string name, string text)
    {
        var isTaken = options is ProgramOptions && name.StartsWith(Root + ":", StringComparison.OrdinalIgnoreCase);
        if (isTaken)
        {
            ((ProgramOptions)options).Access.Tokens.Framework[name] = text;
        }

        return isTaken;
    }

    /// <summary>Takes those of the environment.</summary>
    public static void Take(object options, IReadOnlyDictionary<string, string> variables)
    {
        foreach (var (name, text) in variables.Where(
            static pair => pair.Key.StartsWith(Variables, StringComparison.OrdinalIgnoreCase) && pair.Value.Length > 0))
        {
            TryTake(options, name.Replace("__", ":", StringComparison.Ordinal), text);
        }
    }
}
