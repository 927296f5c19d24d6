using Krewe.Abstractions.Errors;

namespace Krewe.Launch.Settings;

/// <summary>
/// Combines the three sources: the command line takes precedence over the environment, the environment over the file. Collects the errors
/// of all sources, including those of overridden values.
/// </summary>
internal sealed class SettingsReader<TOptions>(SettingsTable<TOptions> table, TOptions options)
    where TOptions : class
{
    private const string Prefix = "KREWE_";

    /// <summary>
    /// Variables for the command line, the script, the tests and the compose file; those of a silo that resemble a gateway's.
    /// </summary>
    private static readonly string[] ForOthers =
    [
        "KREWE_CONFIG", "KREWE_CA_FILE", "KREWE_CLIENT_CERTIFICATE", "KREWE_CLUSTER_DIR", "KREWE_TEST_SECONDS", "KREWE_STORM_CALLS",
        "KREWE_POISON_FREED_MEMORY", "KREWE_SILO_IMAGE", "KREWE_SILO_CUDA_IMAGE", "KREWE_GATEWAY_IMAGE",
        "KREWE_SILO_MEMORY", "KREWE_GATEWAY_MEMORY", "KREWE_MEMORY_BUDGET", "KREWE_ADMIN_PASSWORD_FILE",
    ];

    private readonly List<string> errors = [];
    private readonly HashSet<string> named = [];

    /// <summary>All errors, one sentence each, without passwords.</summary>
    public IReadOnlyList<string> Errors => errors;

    public void Fail(string error) => errors.Add(Passwords.Hide(error));

    /// <summary>Reads a settings file: a JSON object with a member per setting.</summary>
    public void ReadFile(string path)
    {
        foreach (var (key, text) in SettingsFile.Read(path, errors))
        {
            if (FrameworkSettings.TryTake(options, key, text))
            {
                continue;
            }

            var setting = table.Settings.FirstOrDefault(setting => setting.IsNamed(key));
            if (setting is null)
            {
                var names = table.Settings.Select(static known => known.Name).ToList();
                var meant = SimilarSettings.Find(key.Replace('_', '-'), names);
                Fail($"{path}: there is no setting '{ErrorText.Quote(key)}'"
                    + (meant.Count > 0 ? SimilarSettings.Ask(meant) : $": expected {string.Join(", ", names)}"));
            }
            else
            {
                Apply(setting, $"{path}: {setting.Name}", text);
            }
        }
    }

    /// <summary>
    /// Reads the variables <c>KREWE_…</c>. Empty ones are ignored; one that resembles a setting is an error.
    /// </summary>
    public void ReadEnvironment(IReadOnlyDictionary<string, string> variables)
    {
        foreach (var setting in table.Settings)
        {
            if (variables.GetValueOrDefault(setting.Variable) is { Length: > 0 } text)
            {
                Apply(setting, setting.Variable, text);
            }
        }

        FrameworkSettings.Take(options, variables);
        var known = table.Settings.Select(static setting => setting.Variable).ToList();
        foreach (var name in variables.Keys.Order(StringComparer.Ordinal).Except(known).Where(IsForSettings))
        {
            if (SimilarSettings.Find(name[Prefix.Length..], known.Select(static other => other[Prefix.Length..])) is { Count: > 0 } meant
                && !IsLink(variables[name]))
            {
                Fail($"{name} is set, which is not a setting{SimilarSettings.Ask(meant.Select(static other => Prefix + other))}");
            }
        }
    }

    private static bool IsForSettings(string variable) =>
        variable.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase) && variable.Length > Prefix.Length && !ForOthers.Contains(variable);

    /// <summary>A variable that Kubernetes sets for a service named krewe.</summary>
    private static bool IsLink(string value) => value.Contains("://", StringComparison.Ordinal);

    /// <summary>Reads one command-line option, which all users of the machine can see.</summary>
    public void ReadOption(ISetting<TOptions> setting, string text)
    {
        Apply(setting, setting.Option, text);
        if (setting.Kind == SettingKind.Confidential && Passwords.AreIn(text))
        {
            Fail($"{setting.Option} has a password, and all users of this machine can read its command lines: expected the password in "
                + $"{setting.Variable}_PASSWORD, in {setting.Option}-password-file or in PostgreSQL's own file (~/.pgpass, PGPASSFILE), or "
                + $"everything in {setting.Variable} or in a file for --config");
        }
    }

    /// <summary>Finishes: checks for missing and conflicting settings.</summary>
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

/// <summary>All settings of a program.</summary>
/// <param name="Purpose">The program's purpose, in one sentence.</param>
/// <param name="Settings">The settings, in the order of the help text.</param>
/// <param name="Check">
/// Finds missing and conflicting settings, one sentence each; gets the names of the settings that were given, valid or not.
/// </param>
public sealed record SettingsTable<TOptions>(
    string Purpose, IReadOnlyList<ISetting<TOptions>> Settings, Func<TOptions, IReadOnlySet<string>, IEnumerable<string>> Check);
