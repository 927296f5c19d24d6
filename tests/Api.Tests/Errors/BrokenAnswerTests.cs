using Krewe.Abstractions.Errors;
using Krewe.Api.Errors;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging.Abstractions;

namespace Krewe.Api.Tests.Errors;

public sealed class BrokenAnswerTests
{
    [Fact]
    public async Task An_answer_that_has_begun_is_cut_and_not_written_into()
    {
        var context = new DefaultHttpContext();
        var lifetime = new Lifetime();
        var body = new MemoryStream();
        context.Features.Set<IHttpRequestLifetimeFeature>(lifetime);
        context.Features.Set<IHttpResponseFeature>(new Begun());
        context.Features.Set<IHttpResponseBodyFeature>(new StreamResponseBodyFeature(body));
        await new ErrorAnswers(NullLogger<ErrorAnswers>.Instance).WriteAsync(context, KreweException.InvalidInput("too late"));
        Assert.True(lifetime.IsAborted);
        Assert.Equal(0, body.Length);
    }

    private sealed class Begun : HttpResponseFeature
    {
        public override bool HasStarted => true;
    }

    private sealed class Lifetime : IHttpRequestLifetimeFeature
    {
        public bool IsAborted { get; private set; }

        public CancellationToken RequestAborted { get; set; }

        public void Abort() => IsAborted = true;
    }
}
