namespace Krewe.Launch.Settings;

/// <summary>
/// One thing that can be set, from the command line, the environment or a file, always in the same notation. A setting of a part of
/// the options is one of every options type that has the part.
/// </summary>
public interface ISetting<in TOptions>
{
    /// <summary>The name in lower case, words joined by '-'.</summary>
    string Name { get; }

    /// <summary>What stands for the value in the help text.</summary>
    string ValueName { get; }

    string Description { get; }

    /// <summary>How a value is written, for messages.</summary>
    string Expected { get; }

    /// <summary>How far its value may be shown, and where it can be set.</summary>
    SettingKind Kind { get; }

    /// <summary>The name on the command line: <c>--http-port</c>.</summary>
    string Option => "--" + Name;

    /// <summary>The name in the environment: <c>KREWE_HTTP_PORT</c>.</summary>
    string Variable => "KREWE_" + Name.ToUpperInvariant().Replace('-', '_');

    /// <summary>Sets the option; false where the text is no value.</summary>
    bool TryApply(TOptions options, string text);

    /// <summary>True where a key of a file means this setting: <c>http-port</c>, <c>httpPort</c> and <c>HTTP_PORT</c> all do.</summary>
    bool IsNamed(string key) => Plain(key).Equals(Plain(Name), StringComparison.OrdinalIgnoreCase);

    private static string Plain(string name) =>
        name.Replace("-", "", StringComparison.Ordinal).Replace("_", "", StringComparison.Ordinal);
}
