namespace Krewe.Launch.Settings;

/// <summary>A setting made of a notation and an assignment.</summary>
public sealed class Setting<TOptions> : ISetting<TOptions>
{
    private readonly Func<TOptions, string, bool> apply;

    private Setting(
        string name, string valueName, string description, string expected, SettingKind kind, Func<TOptions, string, bool> apply)
    {
        (Name, ValueName, Description, Expected, Kind) = (name, valueName, description, expected, kind);
        this.apply = apply;
    }

    public string Name { get; }

    public string ValueName { get; }

    public string Description { get; }

    public string Expected { get; }

    public SettingKind Kind { get; }

    public static Setting<TOptions> Of<T>(
        string name, string valueName, string description, Notation<T> notation, Action<TOptions, T> assign,
        SettingKind kind = SettingKind.Plain) =>
        new(name, valueName, description, notation.Expected, kind, (options, text) =>
        {
            var valid = notation.TryRead(text, out var value);
            if (valid)
            {
                assign(options, value);
            }

            return valid;
        });

    /// <summary>A flag, off by default.</summary>
    public static Setting<TOptions> Flag(string name, string description, Action<TOptions, bool> assign) =>
        Of(name, "", description, Notations.YesOrNo, assign, SettingKind.Flag);

    public bool TryApply(TOptions options, string text) => apply(options, text);
}

/// <summary>How a setting's value is given and shown.</summary>
public enum SettingKind
{
    /// <summary>A value, which messages may quote.</summary>
    Plain,

    /// <summary>Without a value on the command line; true if present.</summary>
    Flag,

    /// <summary>A value that may contain a password: messages do not quote it.</summary>
    Confidential,

    /// <summary>A password: only from the environment or a file, because command lines are visible to all users of a machine.</summary>
    Secret,
}
