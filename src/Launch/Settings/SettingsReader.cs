using Krewe.Abstractions.Errors;

namespace Krewe.Launch.Settings;

/// <summary>
/// Brings the three sources together: the command line wins over the environment, the environment over the file. Every mistake
/// of every source is collected, also in values that another source overrides.
/// </summary>
internal sealed class SettingsReader<TOptions>(SettingsTable<TOptions> table, TOptions options)
{
    private readonly List<string> errors = [];
    private readonly HashSet<string> named = [];

    /// <summary>Everything that was wrong, one sentence each; without passwords.</summary>
    public IReadOnlyList<string> Errors => errors;

    public void Fail(string error) => errors.Add(Passwords.Hide(error));

    /// <summary>Reads a file of settings: one JSON object, a member for each setting.</summary>
    public void ReadFile(string path)
    {
        foreach (var (key, text) in SettingsFile.Read(path, errors))
        {
            var setting = table.Settings.FirstOrDefault(setting => setting.IsNamed(key));
            if (setting is null)
            {
                Fail($"{path}: there is no setting '{ErrorText.Quote(key)}': expected {string.Join(", ", table.Settings.Select(known => known.Name))}");
            }
            else
            {
                Apply(setting, $"{path}: {setting.Name}", text);
            }
        }
    }

    /// <summary>Reads the variables <c>KREWE_…</c> that are settings; an empty one counts as not there.</summary>
    public void ReadEnvironment(Func<string, string?> variable)
    {
        foreach (var setting in table.Settings)
        {
            if (variable(setting.Variable) is { Length: > 0 } text)
            {
                Apply(setting, setting.Variable, text);
            }
        }
    }

    /// <summary>Reads one option of the command line.</summary>
    public void ReadOption(ISetting<TOptions> setting, string text) => Apply(setting, setting.Option, text);

    /// <summary>Ends the reading: says what is missing, and what does not go together.</summary>
    public void Finish()
    {
        foreach (var mistake in table.Check(options, named))
        {
            Fail(mistake);
        }
    }

    private void Apply(ISetting<TOptions> setting, string source, string text)
    {
        named.Add(setting.Name);
        if (!setting.TryApply(options, text))
        {
            Fail(setting.Kind is SettingKind.Confidential or SettingKind.Secret
                ? $"{source} cannot be read: expected {setting.Expected}"
                : $"{source} is '{ErrorText.Quote(text)}': expected {setting.Expected}");
        }
    }
}

/// <summary>Everything that can be set in one program.</summary>
/// <param name="Purpose">What the program does, in one sentence.</param>
/// <param name="Settings">The settings, in the order of the help text.</param>
/// <param name="Check">
/// What is wrong between settings or missing, one sentence each; it is told the names of those that were set, well or not.
/// </param>
public sealed record SettingsTable<TOptions>(
    string Purpose, IReadOnlyList<ISetting<TOptions>> Settings, Func<TOptions, IReadOnlySet<string>, IEnumerable<string>> Check);
