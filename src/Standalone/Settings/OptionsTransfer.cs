using Krewe.Api;
using Krewe.Serving;

namespace Krewe.Standalone;

/// <summary>Hands what was set to the parts of the program; what was not set keeps their defaults.</summary>
internal static class OptionsTransfer
{
    public static void CopyTo(this StandaloneOptions options, ApiOptions api)
    {
        api.Limits.MaxBodyBytes = options.MaxBodyBytes ?? api.Limits.MaxBodyBytes;
        api.Limits.MaxTimeout = options.RequestTimeout ?? api.Limits.MaxTimeout;
    }

    public static void CopyTo(this StandaloneOptions options, ServingOptions serving)
    {
        serving.Repository.Root = options.Models;
        serving.Repository.PollInterval = options.PollInterval ?? serving.Repository.PollInterval;
        serving.MemoryBudgetBytes = options.MemoryBudgetBytes ?? serving.MemoryBudgetBytes;
        serving.IdleTime = options.IdleTime ?? serving.IdleTime;
        serving.RunnerThreads = options.Runners ?? serving.RunnerThreads;
        serving.LoadThreads = options.LoadThreads ?? serving.LoadThreads;
        serving.IntraOpThreads = options.IntraOpThreads ?? serving.IntraOpThreads;
    }
}
