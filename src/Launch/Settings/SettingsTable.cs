namespace Krewe.Launch;

/// <summary>Everything that can be set in one program.</summary>
/// <param name="Purpose">What the program does, in one sentence.</param>
/// <param name="Settings">The settings, in the order of the help text.</param>
/// <param name="Check">
/// What is wrong between settings or missing, one sentence each; it is told the names of those that were set, well or not.
/// </param>
internal sealed record SettingsTable<TOptions>(
    string Purpose, IReadOnlyList<ISetting<TOptions>> Settings, Func<TOptions, IReadOnlySet<string>, IEnumerable<string>> Check);
