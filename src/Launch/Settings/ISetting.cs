namespace Krewe.Launch.Settings;

/// <summary>
/// A setting, from the command line, the environment or a file, always in the same notation. A setting of an options interface applies to
/// every options type that implements it.
/// </summary>
public interface ISetting<in TOptions>
{
    /// <summary>The name in lower case, words joined by '-'.</summary>
    string Name { get; }

    /// <summary>The placeholder of the value in the help text.</summary>
    string ValueName { get; }

    string Description { get; }

    /// <summary>The expected notation, for messages.</summary>
    string Expected { get; }

    /// <summary>Whether its value may be shown, and where it can be set.</summary>
    SettingKind Kind { get; }

    /// <summary>The name on the command line: <c>--http-port</c>.</summary>
    string Option => "--" + Name;

    /// <summary>The name in the environment: <c>KREWE_HTTP_PORT</c>.</summary>
    string Variable => "KREWE_" + Name.ToUpperInvariant().Replace('-', '_');

    /// <summary>Sets the option; false if the text is not valid.</summary>
    bool TryApply(TOptions options, string text);

    /// <summary>True if a key of a file names this setting: <c>http-port</c>, <c>httpPort</c> and <c>HTTP_PORT</c> are equal.</summary>
    bool IsNamed(string key) => Plain(key).Equals(Plain(Name), StringComparison.OrdinalIgnoreCase);

    private static string Plain(string name) =>
        name.Replace("-", "", StringComparison.Ordinal).Replace("_", "", StringComparison.Ordinal);
}
