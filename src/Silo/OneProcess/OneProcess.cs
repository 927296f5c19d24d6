using Krewe.Abstractions.Errors;
using Krewe.Member.Hosting;
using Krewe.Silo.Settings;

namespace Krewe.Silo.OneProcess;

/// <summary>Configures a silo as a single process with the HTTP API.</summary>
internal static class OneProcess
{
    /// <summary>The time allowed for stopping Orleans, after answering.</summary>
    private static readonly TimeSpan LeaveTime = TimeSpan.FromSeconds(10);

    public static void AddOneProcess(this WebApplicationBuilder builder, SiloOptions options, Action<ISiloBuilder> host)
    {
        if (options.Single.StateFolder.Length > 0)
        {
            CheckState(options.Single.StateFolder);
        }
        else
        {
            options.Single.StateFolder = Path.Combine(options.Krewe.Models, ".krewe");
        }

        if (options.Access is { Keys: true, AdminKeyFile: null })
        {
            (options.Access.AdminKeyFile, options.Access.MakesAdminKey) = (Path.Combine(options.Single.StateFolder, "admin-key"), true);
        }

        options.Access.AuditFile ??= Path.Combine(options.Single.StateFolder, "audit.jsonl");
        options.Krewe.Serving.ProcessFolder = Path.Combine(options.Single.StateFolder, "processes");
        builder.AddKreweSingleSilo(options.Single, host);

        // Services start in this order and stop in reverse; the listener comes last.
        builder.Services.AddHostedService<StoredDecisions>();
        builder.Services.PostConfigure<HostOptions>(static host => host.ShutdownTimeout += LeaveTime);
    }

    /// <summary>
    /// A state folder that is set must be writable. The default one, in the folder of models, may be read-only.
    /// </summary>
    private static void CheckState(string folder)
    {
        try
        {
            Directory.CreateDirectory(folder);
            using var trial = new FileStream(
                Path.Combine(folder, $".trial-{Guid.NewGuid():N}"), FileMode.CreateNew, FileAccess.Write, FileShare.None, 1,
                FileOptions.DeleteOnClose);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw KreweException.InvalidInput(
                $"--state is '{folder}', where user '{Environment.UserName}' cannot write: {error.Message}", error);
        }
    }
}
