using System.Collections;
using Krewe.Abstractions.Memory;
using Krewe.Abstractions.Tls;
using Krewe.Launch.Health;
using Krewe.Launch.Logging;
using Krewe.Launch.Settings;
using Krewe.Launch.Start;
using Microsoft.Extensions.Logging;

namespace Krewe.Launch.Programs;

/// <summary>Runs a program: reads its settings, reports a failure in one line, and sets the exit code.</summary>
public static class Launcher
{
    /// <summary>Runs a program until it stops.</summary>
    /// <param name="arguments">The command line.</param>
    /// <param name="table">The program's settings.</param>
    /// <param name="endpoints">Its endpoints with the given options, the main one first.</param>
    /// <param name="run">The program; completes when it has stopped.</param>
    public static async Task<int> RunAsync<TOptions>(
        string[] arguments, SettingsTable<TOptions> table, Func<TOptions, IReadOnlyList<ListenEndpoint>> endpoints, Func<TOptions,
        Task> run)
        where TOptions : ProgramOptions, new()
    {
        PlainWriter.Install();
        var line = new CommandLine<TOptions>(table);
        var options = line.Read(arguments, Variables(), Console.Out, Console.Error, out var exitCode);
        if (options is null)
        {
            return exitCode;
        }

        try
        {
            options.Api.Tls = options.Tls.Certificate is null ? null : new TlsSource(options.Tls, TimeProvider.System);
            if (options.Health is { } question)
            {
                return await HealthCheck.RunAsync(endpoints(options)[0], options.Api.Tls?.Current, question, Console.Error);
            }

            MemoryShares.Of(
                options.MemoryBytes ?? AvailableMemory.Bytes, options.ModelBytes, options.Api.Limits.MaxBodyMemoryBytes).Apply();
            await run(options);
            // A component of the program may set the exit code, such as a silo declared dead.
            return Environment.ExitCode;
        }
        catch (Exception error)
        {
            await Console.Error.WriteLineAsync($"krewe: {Passwords.Hide(StartFailure.Describe(error, endpoints(options)))}");
            if (options.LogLevel <= LogLevel.Debug)
            {
                await Console.Error.WriteLineAsync(Passwords.Hide(error.ToString()));
            }

            return ExitCode.Failure;
        }
    }

    private static Dictionary<string, string> Variables() => Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
        .ToDictionary(static variable => (string)variable.Key, static variable => (string?)variable.Value ?? "");
}
