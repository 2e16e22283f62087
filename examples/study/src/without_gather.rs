// What s6 counts: three requests on a runtime that can await one future at a time.

/// Awaits one request after another.
async fn one_by_one(server: SocketAddr, peak: Peak) -> io::Result<Vec<String>> {
    let mut answers = Vec::new();
    for source in SOURCES {
        answers.push(peak.clone().during(fetch(server, source)).await?);
    }
    Ok(answers)
}

/// Spawns the requests. A task that was spawned cannot be awaited: so it is asked again and again
/// whether they have ended. Returns how often.
async fn side_by_side(server: SocketAddr) -> u32 {
    let (ended, mut asked) = (Rc::new(Cell::new(0)), 0);
    for source in SOURCES {
        let ended = Rc::clone(&ended);
        spawn(async move {
            drop(fetch(server, source).await); // an answer or an error: it has ended
            ended.set(ended.get() + 1);
        });
    }
    while ended.get() < SOURCES.len() {
        asked += 1;
        sleep(Duration::from_millis(1)).await;
    }
    asked
}

/// Makes the requests in both ways, and says what is wrong with each.
fn requests_without_gather() -> io::Result<()> {
    let (peak, server, servers) = (Peak::default(), study::serve(1)?, study::serve(SOURCES.len())?);
    println!("result: {:?}", hushed(|| block_on(one_by_one(server, peak.clone())))?); // told in s5
    let (most, all) = (peak.most(), SOURCES.len());
    println!("still wrong: one by one, {most} of {all} requests was under way at a time");
    let asked = hushed(|| block_on(side_by_side(servers)));
    println!("still wrong: spawned, they were asked {asked} times whether they had ended");
    Ok(())
}
