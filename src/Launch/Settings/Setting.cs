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

    /// <summary>A setting that is off where it does not stand.</summary>
    public static Setting<TOptions> Flag(string name, string description, Action<TOptions, bool> assign) =>
        Of(name, "", description, Notations.YesOrNo, assign, SettingKind.Flag);

    public bool TryApply(TOptions options, string text) => apply(options, text);
}

/// <summary>What must be known of a setting before its value is shown or asked for.</summary>
public enum SettingKind
{
    /// <summary>Takes a value, which messages may repeat.</summary>
    Plain,

    /// <summary>On the command line it takes no value; it is true where it stands.</summary>
    Flag,

    /// <summary>Takes a value that may hold a password: no message repeats it.</summary>
    Confidential,

    /// <summary>A password: only from the environment or a file, because everybody on a machine can read command lines.</summary>
    Secret,
}
