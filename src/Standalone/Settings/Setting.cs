namespace Krewe.Standalone;

/// <summary>One thing that can be set, from the command line, the environment or a file, always in the same notation.</summary>
internal sealed class Setting
{
    private readonly Func<StandaloneOptions, string, bool> apply;

    private Setting(string name, string valueName, string description, string expected, Func<StandaloneOptions, string, bool> apply)
    {
        (Name, ValueName, Description, Expected) = (name, valueName, description, expected);
        this.apply = apply;
    }

    /// <summary>The name in lower case, words joined by '-'.</summary>
    public string Name { get; }

    /// <summary>What stands for the value in the help text.</summary>
    public string ValueName { get; }

    public string Description { get; }

    /// <summary>How a value is written, for messages.</summary>
    public string Expected { get; }

    /// <summary>The name on the command line: <c>--http-port</c>.</summary>
    public string Option => "--" + Name;

    /// <summary>The name in the environment: <c>KREWE_HTTP_PORT</c>.</summary>
    public string Variable => "KREWE_" + Name.ToUpperInvariant().Replace('-', '_');

    public static Setting Of<T>(
        string name, string valueName, string description, Notation<T> notation, Action<StandaloneOptions, T> assign) =>
        new(name, valueName, description, notation.Expected, (options, text) =>
        {
            var valid = notation.TryRead(text, out var value);
            if (valid)
            {
                assign(options, value);
            }

            return valid;
        });

    /// <summary>Sets the option; false where the text is no value.</summary>
    public bool TryApply(StandaloneOptions options, string text) => apply(options, text);

    /// <summary>True where a key of a file means this setting: <c>http-port</c>, <c>httpPort</c> and <c>HTTP_PORT</c> all do.</summary>
    public bool IsNamed(string key) => Plain(key).Equals(Plain(Name), StringComparison.OrdinalIgnoreCase);

    private static string Plain(string name) =>
        name.Replace("-", "", StringComparison.Ordinal).Replace("_", "", StringComparison.Ordinal);
}
