namespace Krewe.MemberProcess;

/// <summary>A grain with state, for tests of the cluster.</summary>
[Alias("krewe.test.note")]
public interface INoteGrain : IGrainWithStringKey
{
    /// <summary>The name of the silo it lives on.</summary>
    [ResponseTimeout("00:00:30"), Alias("where")]
    Task<string> WhereAsync();

    /// <summary>Does not answer before the time is over.</summary>
    [ResponseTimeout("00:02:00"), Alias("linger")]
    Task LingerAsync(TimeSpan time);

    /// <summary>Remembers a text durably.</summary>
    [Alias("write")]
    Task WriteAsync(string text);

    /// <summary>What the database remembers now.</summary>
    [Alias("read")]
    Task<string> ReadAsync();

    /// <summary>Forgets it durably.</summary>
    [Alias("clear")]
    Task ClearAsync();
}
