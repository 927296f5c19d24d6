using System.CommandLine;
using System.CommandLine.Help;
using Krewe.Abstractions.Errors;

namespace Krewe.Launch.Settings;

/// <summary>Parses a program's command line.</summary>
internal sealed class CommandLine<TOptions>
    where TOptions : class, new()
{
    private const string ConfigVariable = "KREWE_CONFIG";
    private readonly SettingsTable<TOptions> table;
    private readonly RootCommand root;
    private readonly List<(ISetting<TOptions> Setting, Option<string?> Option)> options = [];
    private readonly Option<string?> config = new("--config")
    {
        HelpName = "FILE",
        Description = "A JSON file with settings named as here, without the dashes; "
            + "the environment (KREWE_HTTP_PORT and so on) wins over it, and the command line over both. Default: none.",
    };

    public CommandLine(SettingsTable<TOptions> table)
    {
        this.table = table;
        root = new RootCommand(table.Purpose);
        foreach (var setting in table.Settings.Where(static setting => setting.Kind != SettingKind.Secret))
        {
            var option = new Option<string?>(setting.Option) { HelpName = setting.ValueName, Description = setting.Description };
            if (setting.Kind == SettingKind.Flag)
            {
                option.Arity = ArgumentArity.Zero;
                option.HelpName = null;
            }

            options.Add((setting, option));
            root.Options.Add(option);
        }

        root.Options.Add(config);
    }

    /// <summary>
    /// Reads all settings. Help and version are printed here. For these, and for invalid settings, returns null and sets the exit code.
    /// </summary>
    public TOptions? Read(
        string[] arguments, IReadOnlyDictionary<string, string> variables, TextWriter output, TextWriter error, out int exitCode)
    {
        var parsed = root.Parse(arguments, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (root.Options.Any(option => option is HelpOption or VersionOption && parsed.GetResult(option) is not null))
        {
            exitCode = parsed.Invoke(new InvocationConfiguration { Output = output, Error = error });
            return null;
        }

        var result = new TOptions();
        var errors = ReadInto(result, parsed, variables);
        exitCode = errors.Count == 0 ? ExitCode.Success : ExitCode.Usage;
        foreach (var mistake in errors)
        {
            error.WriteLine($"krewe: {mistake}");
        }

        if (exitCode != ExitCode.Success)
        {
            error.WriteLine("krewe: --help lists the options");
        }

        return exitCode == ExitCode.Success ? result : null;
    }

    /// <summary>Reads the sources in order of precedence, the highest last, and returns the errors.</summary>
    private IReadOnlyList<string> ReadInto(TOptions result, ParseResult parsed, IReadOnlyDictionary<string, string> variables)
    {
        var reader = new SettingsReader<TOptions>(table, result);
        // Unmatched tokens get better messages below.
        foreach (var mistake in parsed.Errors.Where(
            error => !parsed.UnmatchedTokens.Any(token => error.Message.Contains($"'{token}'", StringComparison.Ordinal))))
        {
            reader.Fail(mistake.Message);
        }

        foreach (var mistake in FindUnknown(parsed.UnmatchedTokens))
        {
            reader.Fail(mistake);
        }

        if ((parsed.GetResult(config)?.Errors.Any() == true ? null : parsed.GetValue(config)
            ?? variables.GetValueOrDefault(ConfigVariable)) is { Length: > 0 } file)
        {
            reader.ReadFile(file);
        }

        reader.ReadEnvironment(variables);
        foreach (var (setting, option) in options)
        {
            if (parsed.GetResult(option) is { Errors: var mistakes } && !mistakes.Any() && TextOf(setting, option, parsed) is { } text)
            {
                reader.ReadOption(setting, text);
            }
        }

        reader.Finish();
        return reader.Errors;
    }

    /// <summary>Finds unknown options; a token after one is taken as its value.</summary>
    private IEnumerable<string> FindUnknown(IReadOnlyList<string> tokens)
    {
        var wasOption = false;
        foreach (var token in tokens)
        {
            var isOption = token.StartsWith('-');
            if (isOption || !wasOption)
            {
                var name = token.Split('=', ':')[0];
                var meant = SimilarSettings.Find(name.TrimStart('-'), options.Select(static known => known.Setting.Name)).Select(
                    static known => "--" + known);
                yield return isOption
                    ? $"there is no option '{ErrorText.Quote(name)}'{SimilarSettings.Ask(meant)}"
                    : $"'{ErrorText.Quote(token)}' is not an option: expected one such as --models DIR";
            }

            wasOption = isOption && !token.Contains('=', StringComparison.Ordinal);
        }
    }

    private static string? TextOf(ISetting<TOptions> setting, Option<string?> option, ParseResult parsed) =>
        setting.Kind == SettingKind.Flag ? bool.TrueString : parsed.GetValue(option);
}
