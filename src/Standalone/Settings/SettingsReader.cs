using Krewe.Abstractions;

namespace Krewe.Standalone;

/// <summary>
/// Brings the three sources together: the command line wins over the environment, the environment over the file. Every mistake
/// of every source is collected, also in values that another source overrides.
/// </summary>
internal sealed class SettingsReader
{
    private readonly List<string> errors = [];
    private bool isFolderNamed;

    public StandaloneOptions Options { get; } = new();

    /// <summary>Everything that was wrong, one sentence each.</summary>
    public IReadOnlyList<string> Errors => errors;

    public void Fail(string error) => errors.Add(error);

    /// <summary>Reads a file of settings: one JSON object, a member for each setting.</summary>
    public void ReadFile(string path)
    {
        foreach (var (key, text) in SettingsFile.Read(path, errors))
        {
            var setting = SettingTable.All.FirstOrDefault(setting => setting.IsNamed(key));
            if (setting is null)
            {
                Fail($"{path}: there is no setting '{ErrorText.Quote(key)}': expected {string.Join(", ", SettingTable.All.Select(known => known.Name))}");
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
        foreach (var setting in SettingTable.All)
        {
            if (variable(setting.Variable) is { Length: > 0 } text)
            {
                Apply(setting, setting.Variable, text);
            }
        }
    }

    /// <summary>Reads one option of the command line.</summary>
    public void ReadOption(Setting setting, string text) => Apply(setting, setting.Option, text);

    /// <summary>Ends the reading: says what is missing.</summary>
    public void Finish()
    {
        if (!isFolderNamed)
        {
            Fail($"{SettingTable.Models.Option} is missing: expected the folder of models");
        }
    }

    private void Apply(Setting setting, string source, string text)
    {
        isFolderNamed |= setting == SettingTable.Models;
        if (!setting.TryApply(Options, text))
        {
            Fail($"{source} is '{ErrorText.Quote(text)}': expected {setting.Expected}");
        }
    }
}
